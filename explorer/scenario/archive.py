"""
A scenario folder as a ZIP file: read from whoever sends one, and written. What a folder cannot be is
refused before anything is unpacked.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from explorer.errors import ExplorerError, shortened
from explorer.scenario.files import is_ours
from explorer.scenario.known import SETTINGS_FILE
from explorer.words import mark, sentences, tr

MOST_MB = 8.0  # of a file that is sent: a world with a year of profiles has a fifth of it
MOST_UNPACKED_MB = 32.0  # of all that an archive holds
MOST_FILES = 200  # in an archive
AGAIN_XLSX = mark("Save it anew as XLSX in a spreadsheet; a CSV file has a name that ends in .csv.")
_AGAIN_ZIP = mark("Pack the folder again, as an ordinary ZIP file.")
_ENTRY = b"PK\x01\x02"  # begins what an archive says of each of its files
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # a flag of a file in an archive
_OF_SYSTEMS = "__MACOSX"  # a folder of what only a Mac understands
_DATE = (2025, 1, 1, 0, 0, 0)  # of all files that are written: the same contents are the same bytes


def read_zip(data: bytes, name: str) -> dict[str, bytes]:
    """
    The files of the scenario folder in a ZIP file, by name: those that lie beside its
    `scenario.toml`.

    Parameters
    ----------
    data : bytes
        The ZIP file.
    name : str
        What it is called, for errors.

    Raises
    ------
    ExplorerError
        If it is no such file, is too large, packed or unpacked, holds paths that lead out of it, links,
        passwords or the same name twice, or more than one scenario.
    """
    with _opened(data, name, _AGAIN_ZIP) as archive:
        paths = {PurePosixPath(entry.filename): entry for entry in _entries(archive)}
        folder = _scenario_folder(paths, name)
        inside = {path.name: entry for path, entry in paths.items() if path.parent == folder}
        return {file: _contents(archive, entry, name, _AGAIN_ZIP) for file, entry in inside.items()}


def read_parts(data: bytes, name: str) -> dict[str, bytes]:
    """All files of an archive by their paths, within the same bounds as those of `read_zip`."""
    with _opened(data, name, AGAIN_XLSX) as archive:
        return {
            entry.filename: _contents(archive, entry, name, AGAIN_XLSX)
            for entry in archive.infolist()
        }


def write_zip(files: Mapping[str, str], folder: str) -> bytes:
    """A ZIP file of texts by name, in one folder; the same texts make the same bytes."""
    return packed({f"{folder}/{name}": text.encode() for name, text in files.items()})


def packed(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file of contents by path; the same contents make the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()


def _opened(data: bytes, name: str, again: str) -> zipfile.ZipFile:
    """
    An archive all of whose files may be read, not one of which has been; an `ExplorerError` for any
    other.
    """
    if len(data) > MOST_MB * 1e6:
        refuse_size(name)
    if data.count(_ENTRY) > MOST_FILES:
        what = tr("It holds more than {} files.", MOST_FILES)
        raise ExplorerError(what, shortened(name), tr("Pack the scenario alone."))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        what = tr("It is not the kind of file that its name says.")
        raise ExplorerError(what, shortened(name), tr(again)) from error
    _refuse_odd(archive.infolist(), name, again)
    return archive


def refuse_size(name: str) -> None:
    """Raise for a file that has more than is read."""
    fix = tr("Leave out what is not needed, or use the command line.")
    raise ExplorerError(tr("It has more than {:g} MB.", MOST_MB), shortened(name), fix)


def _refuse_odd(entries: list[zipfile.ZipInfo], name: str, again: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED_MB * 1e6:
        what = tr("Unpacked it has more than {:g} MB.", MOST_UNPACKED_MB)
        fix = tr("Leave out what is not needed, or use the command line.")
        raise ExplorerError(what, shortened(name), fix)
    seen: set[str] = set()
    for entry in entries:
        where = f"{shortened(name)}, {shortened(entry.orig_filename)!r}"
        if _leads_out(entry):
            raise ExplorerError(tr("A path in it leads elsewhere."), where, tr(again))
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            fix = tr("Put a copy of the file in its place.")
            raise ExplorerError(tr("It holds a link, or what is no ordinary file."), where, fix)
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _PLAIN:
            fix = sentences(tr(again), tr("Set no password."))
            raise ExplorerError(tr("It is locked, or packed in an unusual way."), where, fix)
        if entry.filename in seen:
            raise ExplorerError(tr("It holds two files of one name."), where, tr(again))
        seen.add(entry.filename)


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    """Whether a path is absolute, climbs out, or means something else on some system."""
    path = entry.orig_filename
    strange = "\\" in path or ":" in path or not path.isprintable() or path != entry.filename
    return strange or path.startswith("/") or ".." in path.split("/")


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in an archive, but for folders and what systems and editors leave in one."""
    return [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and all(is_ours(part) and part != _OF_SYSTEMS for part in entry.filename.split("/"))
    ]


def _scenario_folder(paths: Iterable[PurePosixPath], name: str) -> PurePosixPath:
    """Where the scenario lies: beside its settings, the nearest to the top if there are several."""
    folders = sorted((len(path.parts), path.parent) for path in paths if path.name == SETTINGS_FILE)
    if not folders:
        fix = tr("Pack the folder that holds {} and the tables.", SETTINGS_FILE)
        raise ExplorerError(tr("There is no {} in it.", SETTINGS_FILE), shortened(name), fix)
    depth, folder = folders[0]
    if len(folders) > 1 and folders[1][0] == depth:
        what = tr("There are several scenarios in it.")
        raise ExplorerError(what, shortened(name), tr("Pack one."))
    return folder


def _contents(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, again: str) -> bytes:
    """One file. Never more is unpacked than the archive says that there is, whatever there is."""
    try:
        with archive.open(entry) as opened:
            return opened.read(entry.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        where = f"{shortened(name)}, {shortened(entry.filename)!r}"
        raise ExplorerError(tr("A file in it is damaged."), where, tr(again)) from error
