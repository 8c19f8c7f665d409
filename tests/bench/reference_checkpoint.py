#!/usr/bin/env python3
"""Writes a model folder as the checkpoint that the eager-PyTorch scripts read.

Usage: reference_checkpoint.py MODEL_DIR OUT.pt          (Python: scripts/bench_env.sh)

Theirs is torch.save((config, state_dict)) with short names; ours is config.json and safetensors of the LLaDA
layout. float32 weights in one file only, as the example models have.
"""
import json
import struct
import sys

import torch

ROOT = "model.transformer."


def read_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            sys.exit(f"{path}: {name} is {entry['dtype']}, not F32")
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def short_name(name):
    """model.transformer.blocks.0.q_proj.weight -> blocks.0.q_proj.weight; the head is ff_out at the root."""
    rest = name.removeprefix(ROOT)
    return "head.weight" if rest == "ff_out.weight" else rest


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = sys.argv[1:]
    with open(f"{folder}/config.json", encoding="utf-8") as file:
        config = json.load(file)
    short = {"d": config["d_model"], "L": config["n_layers"], "h": config["n_heads"],
             "m": config["mlp_hidden_size"], "theta": config["rope_theta"]}
    weights = read_safetensors(f"{folder}/model.safetensors")
    torch.save((short, {short_name(name): tensor for name, tensor in weights.items()}), out)


if __name__ == "__main__":
    main()
