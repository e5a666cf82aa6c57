import pytest

from selfinstruct.cli.option_files import misplaced, misread_file, oversized


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"a: !!set {b}", ": a: Value 'set' is not a supported primitive type"),
        (b"# one\n#  @package a b\nx: 1", ":2: must read '# @package <name>'."),
        (b"# one\nx: 1\n# @package a b", None),
        (b"# only a comment", None),
        (b"", None),
        (b"a: \xff\nb: \xfe", ":1: byte 0xff at column 4 is not UTF-8. Save the file as UTF-8."),
    ],
)
def test_what_keeps_a_yaml_file_from_being_read_is_reported(content, reported, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)

    problems = misread_file(path)

    assert problems[:1] == [] if reported is None else problems[0].startswith(f"{path}{reported}")


def test_a_folder_or_nothing_in_the_place_of_a_yaml_file_is_reported(tmp_path):
    assert misread_file(tmp_path) == [f"{tmp_path}: cannot be read (Is a directory)."]
    assert misread_file(tmp_path / "x") == [f"{tmp_path}/x: cannot be read (No such file or directory)."]


def test_an_experiment_without_its_first_line_is_reported(tmp_path):
    assert misplaced(tmp_path / "x.yaml").startswith(f"{tmp_path}/x.yaml:1: must begin with the line")


BOMB = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 9))]


@pytest.mark.parametrize(
    ("lines", "is_too_large"),
    [
        (BOMB, True),
        (["x: &x {a: {b: 1}}", "y: *x", "z: [*x, *x]"], False),
        (["x: &x [*x, *x]"], False),
        (["x: &x {<<: *x"], False),
        (["text: a & b * c"], False),
    ],
    ids=["bomb", "few", "itself", "not YAML", "no alias"],
)
def test_a_file_whose_aliases_repeat_millions_of_values_is_reported_unread(lines, is_too_large, tmp_path):
    path = tmp_path / "recipe/mine.yaml"
    path.parent.mkdir()
    path.write_text("\n".join(lines))

    said = f"{path}: its aliases repeat more than 100,000 values. Write out what is needed."
    assert oversized([tmp_path]) == ([said] if is_too_large else [])
