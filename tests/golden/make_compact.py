"""Cuts a golden folder down to the few cases that this tree carries.

    python3 tests/golden/make_compact.py GOLDEN_FOLDER tests/golden [DATA_FOLDER]

DATA_FOLDER holds what a model wrote for four tasks (llada8b_TASK_gen256*); twenty lines
of each become tests/golden/data.
Python 3.11, standard library only. Tensors are copied byte for byte.
"""

import json
import pathlib
import shutil
import struct
import sys

MODEL = "tiny_llada"
MODEL_FILES = [
    "config.json",
    "generation_config.json",
    "model.safetensors.index.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
]
# "masked" is what the decoder sees, but its float64 logits alone are 0.5 MB.
LOGITS = ["plain.", "single."]
DECODE = [
    "spg_eval_t0_gen32_block8_steps32",
    "spg_eval_t0_gen32_block16_steps16",
    "spg_eval_t0_uneven_gen32_block8_steps12",
    "spg_eval_t0_uneven_gen32_block8_steps3",
    "spg_eval_t0_leftpad_batch3",
    "spg_eval_t0_random_remask",
    "d1_eval_t0_gen32_block8_steps16",
    "spg_trainer_t0_gen32_block8_steps16",
    "spg_trainer_t0_leftpad_batch3",
    "spg_trainer_t0_random_remask",
    "spg_trainer_t0.3_gumbel_f32_random_remask",
]
# 200 KB of brackets; safetensors_test nests as deeply by itself.
BAD_LEFT_OUT = ["bad/34_deep_nesting"]
MASK_PREFIXES = ("spg_", "llada_sft")
LOSSES = [
    "spg_mix_w0.5_beta1.5",
    "spg_mix_fullweights",
    "spg_eubo_beta8_underflow",
    "llada_sft_eos_padding",
]
# What the gradients of these are by.
ADAPTER = "adapter_init"
DATA_LINES = 20
# Every fifth of the short texts; all would take half a megabyte.
TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json",
                   "special_tokens_map.json", "chat_template.json"]
TEXT_EVERY, TEXT_LIMIT = 5, 120


def tags(text):
    return text.count("<answer>"), text.count("</answer>")


# What makes a line of another kind, by task: e is what is expected of it, t the text.
DATA_KINDS = {
    "countdown": lambda e, t: (*e["rewards"].values(), e["correct"], tags(t), "=" in e["extracted"]),
    "gsm8k": lambda e, t: (
        e["extracted"] is None, e["correct"], e["rewards"]["int"], t.isascii(), tags(t)),
    "math500": lambda e, t: (
        e["extracted"] is None, *e["rewards"].values(), e["correct"], t.isascii()),
    "sudoku": lambda e, t: (e["rewards"]["sudoku"], e["correct_cells"], tags(t)),
}
# Configuration and tensors; their logits take 2 MB.
ADAPTERS = ["lora_rank_alpha_pattern", "lora_suffix_ff_out"]


def read_safetensors(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", None)
    buffer = raw[8 + length :]
    tensors = {
        name: (entry["dtype"], entry["shape"], buffer[slice(*entry["data_offsets"])])
        for name, entry in header.items()
    }
    return tensors, metadata


WIDTH = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "F16": 2, "BF16": 2,
         "I32": 4, "F32": 4, "F64": 8, "I64": 8}


def write_safetensors(path, tensors, metadata):
    header, at, parts = {}, 0, []
    if metadata:
        header["__metadata__"] = metadata
    for name in sorted(tensors, key=lambda n: (-WIDTH[tensors[n][0]], n)):
        dtype, shape, data = tensors[name]
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [at, at + len(data)]}
        at += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def write_cases(path, cases):
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text('{"cases":[\n' + lines + "\n]}\n")


def listed(folder, keep):
    cases = [c for c in json.loads((folder / "cases.json").read_text())["cases"]
             if keep(c["name"])]
    if not cases:
        sys.exit(f"{folder}: none of the wanted cases is listed")
    return cases


def copy(source, target, names):
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, target / name)


def compact_model(source, target):
    copy(source / MODEL, target / MODEL, MODEL_FILES)
    tensors, metadata = read_safetensors(source / MODEL / "logits.safetensors")
    kept = {n: t for n, t in tensors.items() if n.startswith(tuple(LOGITS))}
    write_safetensors(target / MODEL / "logits.safetensors", kept, metadata)


def compact_decode(source, target):
    (target / "decode").mkdir(parents=True, exist_ok=True)
    cases = listed(source / "decode", DECODE.__contains__)
    write_cases(target / "decode" / "cases.json", cases)
    wanted = {draw["tensor"] for c in cases for draw in c.get("draws_in_order") or []}
    tensors, metadata = read_safetensors(source / "decode" / "noise.safetensors")
    write_safetensors(target / "decode" / "noise.safetensors",
                      {n: tensors[n] for n in wanted}, metadata)


def compact_masks(source, target):
    (target / "masks").mkdir(parents=True, exist_ok=True)
    cases = listed(source / "masks", lambda n: n.startswith(MASK_PREFIXES))
    write_cases(target / "masks" / "cases.json", cases)
    prefixes = tuple(c["name"] + "." for c in cases)
    tensors, metadata = read_safetensors(source / "masks" / "masks.safetensors")
    write_safetensors(target / "masks" / "masks.safetensors",
                      {n: t for n, t in tensors.items() if n.startswith(prefixes)},
                      metadata)


def compact_losses(source, target):
    cases = listed(source / "losses", LOSSES.__contains__)
    (target / "losses").mkdir(parents=True, exist_ok=True)
    copy(source / "losses" / ADAPTER, target / "losses" / ADAPTER,
         ["adapter_config.json", "adapter_model.safetensors"])
    for case in cases:
        tensors, metadata = read_safetensors(source / "losses" / case["file"])
        write_safetensors(target / "losses" / case["file"], tensors, metadata)
    write_cases(target / "losses" / "cases.json", cases)


def compact_safetensors(source, target):
    for kind in ("good", "bad"):
        listing = json.loads((source / "safetensors" / f"{kind}.json").read_text())
        files = [f for f in listing["files"] if f["file"] not in BAD_LEFT_OUT]
        (target / "safetensors" / kind).mkdir(parents=True, exist_ok=True)
        copy(source / "safetensors", target / "safetensors",
             [f["file"] for f in files])
        lines = ",\n".join(json.dumps(f) for f in files)
        (target / "safetensors" / f"{kind}.json").write_text(
            '{"files":[\n' + lines + "\n]}\n")


def compact_peft(source, target):
    expected = json.loads((source / "peft" / "expected.json").read_text())
    for name in ADAPTERS:
        copy(source / "peft" / name, target / "peft" / name,
             ["adapter_config.json", "adapter_model.safetensors"])
    (target / "peft" / "expected.json").write_text(
        json.dumps({name: expected[name] for name in ADAPTERS}, indent=1) + "\n")


def compact_tokenizer(source, target):
    copy(source / "tokenizer", target / "tokenizer", TOKENIZER_FILES)
    vectors = json.loads((source / "tokenizer" / "vectors.json").read_text())
    short = [e for e in vectors["encode"] if len(e["text"]) <= TEXT_LIMIT]
    vectors["encode"] = short[::TEXT_EVERY]
    vectors["decode_only"] = vectors["decode_only"][::TEXT_EVERY]
    lists = ",\n".join(
        json.dumps(name) + ":[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]"
        for name, entries in vectors.items())
    (target / "tokenizer" / "vectors.json").write_text("{" + lists + "}\n")


def compact_data(source, target):
    (target / "data").mkdir(parents=True, exist_ok=True)
    for task, kind_of in DATA_KINDS.items():
        name = f"llada8b_{task}_gen256"
        texts = (source / f"{name}.jsonl").read_text().splitlines()
        expected = (source / f"{name}.expected.jsonl").read_text().splitlines()
        # One line of every kind first, then further ones in order.
        kinds, first, rest = set(), [], []
        for i, line in enumerate(expected):
            kind = kind_of(json.loads(line), json.loads(texts[i])["generation"])
            (rest if kind in kinds else first).append(i)
            kinds.add(kind)
        chosen = sorted((first + rest)[:DATA_LINES])
        for lines, suffix in ((texts, ".jsonl"), (expected, ".expected.jsonl")):
            (target / "data" / (name + suffix)).write_text(
                "".join(lines[i] + "\n" for i in chosen))


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    source, target = map(pathlib.Path, sys.argv[1:3])
    if len(sys.argv) == 4:
        compact_data(pathlib.Path(sys.argv[3]), target)
    compact_model(source, target)
    compact_decode(source, target)
    compact_masks(source, target)
    compact_losses(source, target)
    compact_safetensors(source, target)
    compact_peft(source, target)
    compact_tokenizer(source, target)


if __name__ == "__main__":
    main()
