from selfinstruct.storage.digests import digest, digest_of

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_has_the_digest_of_its_content(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")

    assert digest_of(path) == digest(b"abc") == ABC
