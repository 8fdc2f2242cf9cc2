from __future__ import annotations

import io
import stat
import zipfile

import pytest

from carto_at_installer.bundle.archives import ArchiveError, Limits, Member, pack, unpack
from carto_at_installer.bundle.digests import content_digest, program_digest
from carto_at_installer.core.bundle import Architecture

MEMBERS = [
    Member("pkg/b.py", 0o644, b"B = 1\n" * 400),
    Member("pkg/a.so", 0o755, bytes(range(256)) * 40),
    Member("pkg/empty.py", 0o644, b""),
]


def raw_zip(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return buffer.getvalue()


def test_the_order_of_members_does_not_matter():
    assert pack(MEMBERS) == pack(list(reversed(MEMBERS)))


def test_what_is_packed_comes_back_sorted():
    assert unpack(pack(MEMBERS), "the zip") == sorted(MEMBERS, key=lambda member: member.path)


def test_headers_say_nothing_about_the_machine_or_the_hour():
    with zipfile.ZipFile(io.BytesIO(pack(MEMBERS))) as archive:
        infos = archive.infolist()
    assert [info.filename for info in infos] == ["pkg/a.so", "pkg/b.py", "pkg/empty.py"]
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.create_system for info in infos} == {3}
    assert [oct(info.external_attr >> 16) for info in infos] == ["0o100755", "0o100644", "0o100644"]
    assert not any(info.extra or info.comment for info in infos)


def test_the_content_digest_does_not_depend_on_the_compression():
    loose, tight = pack(MEMBERS, level=1), pack(MEMBERS, level=9)
    assert loose != tight
    assert content_digest(unpack(loose, "loose")) == content_digest(unpack(tight, "tight"))


@pytest.mark.parametrize(
    "changed",
    [
        Member("pkg/b.py", 0o755, MEMBERS[0].data),
        Member("pkg/c.py", 0o644, MEMBERS[0].data),
        Member("pkg/b.py", 0o644, MEMBERS[0].data + b"\n"),
    ],
    ids=["mode", "path", "bytes"],
)
def test_the_content_digest_names_path_mode_and_bytes(changed):
    assert content_digest([changed, *MEMBERS[1:]]) != content_digest(MEMBERS)


def test_the_program_digest_depends_on_each_of_its_parts():
    settings = {
        "runtime": "python3.13",
        "architecture": Architecture.X86_64,
        "handler": "m.handler",
    }
    digests = {
        program_digest("code", "layer", **settings),
        program_digest("other", "layer", **settings),
        program_digest("code", "other", **settings),
        program_digest("code", None, **settings),
        program_digest("code", "layer", **settings | {"runtime": "python3.14"}),
        program_digest("code", "layer", **settings | {"architecture": Architecture.ARM64}),
        program_digest("code", "layer", **settings | {"handler": "n.handler"}),
    }
    assert len(digests) == 7
    assert {len(digest) for digest in digests} == {64}


@pytest.mark.parametrize(
    "path",
    [
        "../evil.py",
        "a/../../evil.py",
        "/etc/passwd",
        "C:/evil.py",
        "a\\b.py",
        "a//b.py",
        "./a.py",
        "a\nb.py",
        "a/./b",
    ],
)
def test_paths_that_leave_the_folder_are_refused(path):
    with pytest.raises(ArchiveError, match="not a plain relative path"):
        unpack(raw_zip((zipfile.ZipInfo(path), b"x")), "evil.zip")
    with pytest.raises(ArchiveError, match="not a plain relative path"):
        pack([Member(path, 0o644, b"x")])


def test_a_name_cut_by_a_null_byte_is_refused():
    data = raw_zip((zipfile.ZipInfo("harmless.py_tail"), b"x")).replace(
        b"harmless.py_", b"harmless.py\0"
    )
    with pytest.raises(ArchiveError, match="not a plain relative path"):
        unpack(data, "evil.zip")


def test_names_with_dots_are_fine():
    members = [Member("..a/...b/c..d", 0o644, b"x")]
    assert unpack(pack(members), "dots.zip") == members


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_names_are_refused():
    twice = raw_zip((zipfile.ZipInfo("a.py"), b"1"), (zipfile.ZipInfo("a.py"), b"2"))
    with pytest.raises(ArchiveError, match=r"twice\.zip holds 'a.py' twice"):
        unpack(twice, "twice.zip")


def test_links_are_refused():
    info = zipfile.ZipInfo("link")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ArchiveError, match="a link or a device"):
        unpack(raw_zip((info, b"/etc/passwd")), "link.zip")


def test_folders_are_passed_over():
    assert unpack(
        raw_zip((zipfile.ZipInfo("pkg/"), b""), (zipfile.ZipInfo("pkg/a.py"), b"x")), "a.zip"
    ) == [Member("pkg/a.py", 0o644, b"x")]


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = pack([Member("zeros", 0o644, bytes(3_000_000))])
    assert len(bomb) < 10_000
    with pytest.raises(ArchiveError, match="unpacks to 3000000 bytes; at most 2000000 are read"):
        unpack(bomb, "bomb.zip", Limits(unzipped_size=2_000_000))


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = pack([Member("zeros", 0o644, bytes(3_000_000))])
    lying = bomb.replace((3_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(ArchiveError, match="cannot be read as a zip"):
        unpack(lying, "bomb.zip")


def test_too_many_members_are_refused():
    with pytest.raises(ArchiveError, match="holds 3 files; at most 2 are read"):
        unpack(pack(MEMBERS), "many.zip", Limits(members=2))


def test_an_encrypted_member_is_refused():
    data = bytearray(pack([Member("a.py", 0o644, b"x")]))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        unpack(bytes(data), "secret.zip")


def test_a_flipped_bit_and_a_cut_file_are_noticed():
    whole = pack(MEMBERS)
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0x10
    for damaged in (bytes(flipped), whole[: len(whole) // 2], b"not a zip"):
        with pytest.raises(ArchiveError, match=r"damaged\.zip cannot be read as a zip"):
            unpack(damaged, "damaged.zip")


def test_no_flipped_bit_gives_other_bytes_or_another_kind_of_error():
    whole = pack(MEMBERS)
    contents = {member.data for member in MEMBERS}
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        try:
            assert {member.data for member in unpack(bytes(flipped), "flipped.zip")} <= contents
        except ArchiveError as error:
            assert "flipped.zip" in error.message  # noqa: PT017 - most flips are refused, those in dates are not


def test_other_compressions_are_refused():
    info = zipfile.ZipInfo("a.py")
    info.compress_type = zipfile.ZIP_LZMA
    with pytest.raises(ArchiveError, match="compressed in a way that Lambda cannot read"):
        unpack(raw_zip((info, b"x" * 100)), "lzma.zip")


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ArchiveError, match=r"gone\.zip cannot be read as a zip: .*No such file"):
        unpack(tmp_path / "gone.zip", "gone.zip")
