"""The pictures of docs/functions/ are what the functions answer today."""

from docs.generate import functions, pictures
from docs.generate.__main__ import DOCS, generated, stale


def test_pictures_are_up_to_date():
    files = generated((pictures,))
    assert files
    assert [str(path.relative_to(DOCS.parent)) for path in stale(files)] == []


def test_every_picture_is_on_the_page_of_its_function():
    pages = "".join(functions.files().values())
    assert all(f"(pictures/{picture.file})" in pages for picture in pictures.PICTURES)
