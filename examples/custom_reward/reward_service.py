#!/usr/bin/python3
"""A reward service of one's own, for one task with one rubric.

    /usr/bin/python3 examples/custom_reward/reward_service.py [--listen 127.0.0.1:7071]

Task `units`: the truth is {"puzzle": 16 digits, 0 = empty}, nobody knows a solution. The rubric
`rules` pays the share of the twelve rows, columns and boxes that hold 1, 2, 3 and 4 once each;
`kept`, how many of the given digits are still there, is measured.

To make it yours: put other names into TASKS and another rule into score(). What the two calls
mean is written in proto/mdrl/v1/reward.proto. Needs Debian's python3-grpcio, python3-protobuf
and protobuf-compiler-grpc; the stubs are made when it starts.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_stubs():
    """Generates and imports the messages and the service of reward.proto."""
    folder = tempfile.mkdtemp(prefix="mdrl-stubs-")
    subprocess.run(
        ["protoc", f"-I{ROOT / 'proto'}", f"--python_out={folder}", f"--grpc_out={folder}",
         "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin",
         "mdrl/v1/types.proto", "mdrl/v1/reward.proto"], check=True, cwd=ROOT / "proto")
    sys.path.insert(0, folder)
    from mdrl.v1 import reward_pb2, reward_pb2_grpc, types_pb2
    return reward_pb2, reward_pb2_grpc, types_pb2


pb, rpc, types = load_stubs()

ROWS = [[4 * row + i for i in range(4)] for row in range(4)]
COLUMNS = [[4 * i + column for i in range(4)] for column in range(4)]
BOXES = [[8 * a + 2 * b + i for i in (0, 1, 4, 5)] for a in range(2) for b in range(2)]
UNITS = ROWS + COLUMNS + BOXES

# Changes with any reward, so that a run notices.
VERSION = "units-1"
TASKS = [pb.ListTasksResponse.Task(
    name="units", verifier_version=VERSION, rubrics=["rules"], components=["units", "kept"],
    truth='{"puzzle": 16 digits, 0 = empty}',
    rubric_specs=[pb.ListTasksResponse.Rubric(name="rules", components=[
        pb.ListTasksResponse.Component(name="units", weight=1, least=0, most=1),
        pb.ListTasksResponse.Component(name="kept", weight=0, least=0, most=16)])])]


def score(puzzle, text, weights):
    """One text's score: the rule. Pure, so that asking twice gets the same answer."""
    grid = text.strip()[:16].ljust(16, "?")
    units = sum("".join(sorted(grid[i] for i in unit)) == "1234" for unit in UNITS) / len(UNITS)
    kept = sum(p != "0" and p == g for p, g in zip(puzzle, grid))
    components = [types.Score.Component(name="units", value=units, weight=weights.get("units", 1)),
                  types.Score.Component(name="kept", value=kept, weight=weights.get("kept", 0))]
    return types.Score(
        # A text nobody can read has earned what it has earned: that is a result, no failure.
        outcome=types.Score.SCORED if text.strip() else types.Score.UNPARSABLE,
        reward=sum(c.weight * c.value for c in components),
        components=components, correct=units == 1, extracted=grid, verifier_version=VERSION)


class Service(rpc.RewardServiceServicer):
    def ListTasks(self, request, context):
        return pb.ListTasksResponse(tasks=TASKS)

    def Score(self, request, context):
        if request.prompt.task != "units" or request.rubric != "rules":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT,
                          f"there is the task units with the rubric rules, not "
                          f"{request.prompt.task} with {request.rubric}")
        try:
            puzzle = json.loads(request.prompt.truth)["puzzle"]
        except (ValueError, KeyError, TypeError):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT,
                          f"prompt {request.prompt.id}: the truth holds no puzzle")
        return pb.ScoreResponse(items=[
            pb.ScoreResponse.Item(index=text.index, score=score(puzzle, text.text, request.weights))
            for text in request.texts])


def main():
    parser = argparse.ArgumentParser(description="Scores the task units.")
    parser.add_argument("--listen", default="127.0.0.1:7071")
    address = parser.parse_args().listen
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=4))
    rpc.add_RewardServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port(address)
    if port == 0:
        sys.exit(f"{address} is in use")
    server.start()
    print(json.dumps({"ready": {"rpc": f"{address.rsplit(':', 1)[0]}:{port}"}}), flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
