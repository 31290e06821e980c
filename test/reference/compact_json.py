"""Compact JSON for golden files: floats as the shortest decimal that returns the same float32."""
import json
import pathlib

import numpy


def float32_list(values):
    """Any tensor or sequence, flattened row-major, each value as its shortest float32 decimal."""
    if hasattr(values, "detach"):
        values = values.detach().float().numpy()
    return [float(str(value)) for value in numpy.asarray(values, dtype=numpy.float32).reshape(-1)]


def write(path, value, indent_first_level=True):
    """Write `value`; top-level keys on lines of their own, so that a diff names what moved."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    dump = lambda item: json.dumps(item, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if indent_first_level and isinstance(value, dict):
        text = "{\n" + ",\n".join(f"{dump(key)}:{dump(item)}" for key, item in value.items()) + "\n}\n"
    elif indent_first_level and isinstance(value, list):
        text = "[\n" + ",\n".join(dump(item) for item in value) + "\n]\n"
    else:
        text = dump(value) + "\n"
    path.write_text(text, encoding="utf-8")
