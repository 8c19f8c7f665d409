#!/usr/bin/env python3
"""The committed warm start is what its manifest says: every file, its size and its SHA-256."""
import hashlib
import json
import sys

folder = sys.argv[1]
with open(f"{folder}/MANIFEST.json") as file:
    manifest = json.load(file)
names = {entry["name"] for entry in manifest["files"]}
if not {"config.json", "model.safetensors", "tokenizer.json"} <= names:
    sys.exit(f"{folder}/MANIFEST.json lists only {sorted(names)}")
for entry in manifest["files"]:
    with open(f"{folder}/{entry['name']}", "rb") as file:
        data = file.read()
    if len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
        sys.exit(f"{folder}/{entry['name']} is not what MANIFEST.json says")
print(f"{len(names)} files verify")
