"""The code of functions in the local cloud is unpacked once."""

import io
import zipfile

from localcloud.gaps.unpacked_code import _SharedArchive, unpacked


def archive(**members: str) -> _SharedArchive:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return _SharedArchive(packed)


def test_the_same_members_are_unpacked_into_the_same_folder_and_others_into_another(tmp_path):
    one, same, other = (archive(**{"a/b.py": "b", "c": content}) for content in ("c", "c", "d"))
    first, again, elsewhere = (unpacked(each, tmp_path) for each in (one, same, other))
    assert first == again != elsewhere
    assert ((first / "a" / "b.py").read_text(), (first / "c").read_text()) == ("b", "c")


def test_who_looks_for_members_that_lead_out_of_the_folder_is_shown_those():
    assert archive(**{"a.py": "", "b/c.py": ""}).namelist() == []
    assert archive(**{"a.py": "", "../b": "", "/etc/c": ""}).namelist() == ["../b", "/etc/c"]
