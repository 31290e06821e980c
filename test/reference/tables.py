"""Writes test/fixtures/tables: one small table in the shapes that pandas and pyarrow write, and
expected.json with what they hold. Needs pandas and pyarrow: python test/reference/tables.py"""

import json
import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

OUT = os.path.join(os.path.dirname(__file__), "..", "fixtures", "tables")
os.makedirs(OUT, exist_ok=True)

frame = pd.DataFrame(
    {
        "id": [9007199254740993, 9007199254740992, 3],
        "question": ['Wie viel ist "2, 3"?', "Zeile 1\r\nZeile 2", "Ü – naïve €"],
        "response": ["Fünf.", "a\nb", "x;y\tz|w"],
    }
)
records = [{key: str(value) for key, value in row.items()} for row in frame.to_dict("records")]


def at(name: str) -> str:
    return os.path.join(OUT, name)


for name, options in {
    "plain.csv": {"index": False},
    "index.csv": {},
    "crlf.csv": {"index": False, "lineterminator": "\r\n"},
    "semicolon.csv": {"index": False, "sep": ";"},
    "bar.csv": {"index": False, "sep": "|"},
    "tab.tsv": {"index": False, "sep": "\t"},
    "quoted.csv": {"index": False, "quoting": 1},
    "utf-8-mark.csv": {"index": False, "encoding": "utf-8-sig"},
    "utf-16.csv": {"index": False, "encoding": "utf-16"},
    "utf-16-le.csv": {"index": False, "encoding": "utf-16-le"},
    "utf-16-be.csv": {"index": False, "encoding": "utf-16-be"},
    "cp1252.csv": {"index": False, "encoding": "cp1252"},
}.items():
    frame.to_csv(at(name), **options)
for orient in ["records", "columns", "index", "split", "table"]:
    frame.to_json(at(f"{orient}.json"), orient=orient, force_ascii=orient == "records")
frame.to_json(at("lines.jsonl"), orient="records", lines=True)
with open(at("lists.json"), "w") as file:
    json.dump(frame.to_dict("list"), file)
for codec in ["snappy", "gzip", "zstd", "brotli", "lz4"]:
    frame.to_parquet(at(f"{codec}.parquet"), compression=codec, index=False)
frame.to_parquet(at("pandas-index.parquet"), index=True)

many = pd.concat([frame.assign(n=i) for i in range(200)])
pq.write_table(
    pa.Table.from_pandas(many, preserve_index=False),
    at("row-groups.parquet"),
    row_group_size=70,
    data_page_version="2.0",
    compression="zstd",
)
chats = pa.table(
    {
        "messages": [
            [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}],
            [
                {"role": "system", "content": "S"},
                {"role": "user", "content": "Ü?"},
                {"role": "assistant", "content": "Ä!"},
            ],
        ],
        "id": pa.array([2**63 - 1, None], pa.int64()),
        "choices": [{"text": ["a", "b"], "label": ["A", "B"]}, None],
    }
)
pq.write_table(chats, at("chats.parquet"))
pq.write_table(pa.Table.from_pandas(frame.head(0)), at("empty.parquet"))

with open(at("expected.json"), "w") as file:
    json.dump(records, file, ensure_ascii=False, indent=1)
    file.write("\n")
