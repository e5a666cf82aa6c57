"""The ratings of a run in its capsule: whole sheets with their keys, once every rater who has begun is done.

While somebody rates, a published key would tell them what they rate; so such a sheet is left out.  The page to mail is
made of the sheet and is left out, too.
"""

import shutil
from pathlib import Path

from selfinstruct.actions.publication.archive import RATINGS
from selfinstruct.rating.journal import NAME, journals
from selfinstruct.rating.sheet import key_of, stored
from selfinstruct.text.plain_files import check_plain

FOLDER = "ratings"


def copy(source: Path, folder: Path) -> list[str]:
    """Copy the sheets of a run that all raters are done with; return a remark for each other one.

    Raises RunFolderError for a sheet, a key or a rater's file that was changed.
    """
    remarks = []
    check_plain(source / FOLDER)
    for place in sorted(path for path in (source / FOLDER).glob("*") if NAME.fullmatch(path.name)):
        sheet = stored(place)
        if sheet is None:
            continue
        found = journals(place, sheet)
        if not found or not all(one.is_done for one in found):
            remarks.append(f"{FOLDER}/{place.name} is left out of the capsule, since its raters are not done.")
            continue
        key_of(place, sheet)
        (folder / FOLDER / place.name).mkdir(parents=True)
        for path in place.iterdir():
            if RATINGS.fullmatch(path.relative_to(source).as_posix()):
                shutil.copyfile(path, folder / path.relative_to(source))
    return remarks
