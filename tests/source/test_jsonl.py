from selfinstruct.source.jsonl import Jsonl


def test_a_row_holds_the_keys_of_its_object(tmp_path, read):
    (tmp_path / "a.jsonl").write_text('{"x": 1, "y": ["z"]}\n\n{"x": null}\n')

    rows, mistakes = read(Jsonl(path=tmp_path))

    assert rows == [("a", "a.jsonl:1", {"x": 1, "y": ["z"]}), ("a", "a.jsonl:3", {"x": None})]
    assert mistakes == []


def test_every_mistake_is_reported_with_file_and_line(tmp_path, read):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"x": 1}\n[1]\n{"x": \xe9}\n' + b"[" * 100_000 + b'\n{"x": ')

    rows, mistakes = read(Jsonl(path=path))

    assert len(rows) == 1
    assert [text.removeprefix(str(path)) for text in mistakes[:2]] == [
        ":2: must be an object, not [1]",
        ":3: byte 0xe9 at column 7 is not UTF-8. Save the file as UTF-8",
    ]
    assert ":4: not JSON that can be read" in mistakes[2]
    assert mistakes[3].endswith(":5: not JSON at column 7 (Expecting value); the file ends within this line")
    assert len(Jsonl(path=path).digest()) == 64
