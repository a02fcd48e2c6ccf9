"""World Bank files that are refused: each in one sentence that names the file, within its memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
from made_files import (
    DOWNLOAD,
    ROWS,
    TIDY,
    cut,
    flipped,
    written,
    zipped,
)

from eaeu_analysis.data.sources.files import safezip
from eaeu_analysis.data.sources.files.source import read_file
from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError

BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "header only": (TIDY, "has a header and no data"),
    "wrong header": (b"a,b,c\n1,2,3\n", r"the header reads 'a,b,c', which is none of"),
    "semicolons": (b"iso3;year;value\nKGZ;2015;1\n", "separated by semicolons"),
    "column twice": (b"iso3,year,value,value\nKGZ,2015,1,2\n", "the column 'value' twice"),
    "latin-1 in UTF-8": (TIDY + b"KGZ,2015,1\nC\xf4te d'Ivoire,2015,2\n", r"line 3: byte 0xF4 is not UTF-8"),
    "latin-1 far down": (TIDY + b"KGZ,2015,1\n" * 60_000 + b"C\xf4te,2015,2\n", r"line 60002: byte 0xF4"),
    "UTF-16": ("iso3,year,value\n".encode("utf-16"), "UTF-16"),
    "binary": (b"iso3,year\0,value\n", "is binary"),
    "duplicate key": (TIDY + b"KGZ,2015,1\nUZB,2015,1\nKGZ,2015,2\n", r"KGZ 2015 of bad comes twice, in rows 2 and 4"),
    "duplicate by another name": (TIDY + b"ROM,2015,1\nROU,2015,1\n", "ROU 2015 of bad comes twice"),
    "text for a number": (TIDY + b"KGZ,2015,1\nUZB,2015,n.d.\n", r"row 3: 'n.d.' \(bad, 2015\) is not a number"),
    "text in a wide table": (DOWNLOAD.encode() + b'"K","KGZ","T","C.D","1","x","",\n', r"row 6: 'x' \(C.D, 2015\)"),
    "thousands separator": (TIDY + b'KGZ,2015,"1,000"\n', "'1,000'"),
    "decimal comma": (TIDY + b'KGZ,2015,"1,5"\n', "'1,5'"),
    "underscore": (TIDY + b"KGZ,2015,1_000\n", "'1_000'"),
    "infinity": (TIDY + b"KGZ,2015,-inf\n", "is not a finite number"),
    "too large": (TIDY + b"KGZ,2015,1e999\n", "is not a finite number"),
    "year of two digits": (TIDY + b"KGZ,15,1\n", "'15' is not a year between 1800 and 2100"),
    "year out of range": (TIDY + b"KGZ,3015,1\n", "'3015' is not a year"),
    "a day for a year": (TIDY + b"KGZ,2015-12-31,1\n", "'2015-12-31' is not a year"),
    "year column out of range": (b"Country Code,Indicator Code,0015\nKGZ,X,1\n", "the year 15, out of range"),
    "unknown economy": (
        TIDY + b"KGZ,2015,1\nKirgizia,2014,1\n",
        r"row 3: economy 'Kirgizia' not known; did you mean 'KGZ'",
    ),
    "no economy": (TIDY + b",2015,3\n", "row 2: no economy code"),
    "row too short": (TIDY + b"KGZ,2015,1\nUZB,2015\n", "row 3: 2 columns where the header has 3"),
    "row too long": (TIDY + b"KGZ,2015,1,7\n", "row 2: 4 columns where the header has 3"),
    "open quote": (TIDY + b'KGZ,2015,"1\nUZB,2015,2\n', "bad.csv"),
    "old line ends": (b"iso3,year,value\rKGZ,2015,1\r", "bare carriage returns"),
    "web page": (b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>", "'404 Not Found'"),
    "web page below a BOM": (b"\xef\xbb\xbf<html><body>Sorry</body></html>", "is a web page"),
    "JSON": (b'[{"message":[{"id":"120"}]}]', "is JSON"),
    "XML": (b"<?xml version='1.0'?><Root/>", "is XML"),
    "gzip": (b"\x1f\x8b\x08\x00abc", "gzip"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
    "broken Parquet": (b"PAR1 and then nothing PAR1", "damaged Parquet"),
    "zip cut to its first bytes": (b"PK\x03\x04 and then nothing", "zip file cut short"),
    "one endless line": (b"x" * 300_000, "no line end"),
    "no values": (TIDY + b"KGZ,2015,\nUZB,2015,..\n", "has no value"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_sentence_that_names_it(tmp_path, case):
    content, expected = BAD[case]
    path = written(tmp_path / "bad.csv", content)
    with pytest.raises(EaeuError, match=expected) as caught:
        read_file(path)
    assert caught.value.exit_code in (2, 3)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_names_the_near_one_and_a_folder_is_not_a_file(tmp_path):
    written(tmp_path / "trade.csv", TIDY)
    with pytest.raises(BadInputError, match=r"no file .*did you mean 'trade.csv'"):
        read_file(tmp_path / "trad.csv")
    with pytest.raises(BadInputError, match="is a folder"):
        read_file(tmp_path)


def test_a_series_the_file_lacks_is_named_with_the_near_one(tmp_path):
    path = written(tmp_path / "a.csv", DOWNLOAD + ROWS)
    with pytest.raises(NoDataError, match=r"no series 'NE.TRD.GNFS.ZZ'; did you mean 'NE.TRD.GNFS.ZS'"):
        read_file(path, ["NE.TRD.GNFS.ZZ"])


@pytest.mark.parametrize("damage", [cut, flipped])
def test_truncated_or_damaged_zip(tmp_path, damage):
    good = zipped(tmp_path / "good.zip", {"API_x.csv": DOWNLOAD + ROWS * 1}).read_bytes()
    path = written(tmp_path / "bad.zip", damage(good))
    with pytest.raises(BadInputError, match=r"bad.zip.*(cut short|damaged)") as caught:
        read_file(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"../../outside.csv": TIDY}, "points outside"),
        ({"/etc/outside.csv": TIDY}, "points outside"),
        ({"C:\\outside.csv": TIDY}, "points outside"),
        ({"readme.txt": b"x"}, "no CSV table"),
        ({}, "no CSV table"),
        ({"a.csv": TIDY, "b.csv": TIDY}, "2 CSV tables"),
        ({"xl/workbook.xml": b"x", "xl/a.csv": b"x"}, "Excel workbook"),
        ({"a.csv": b"<html></html>"}, "web page"),
    ],
)
def test_zip_without_a_readable_table(tmp_path, members, expected):
    with pytest.raises(BadInputError, match=expected):
        read_file(zipped(tmp_path / "bad.zip", members))


def test_zip_bomb_is_refused_by_what_it_declares(tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"a.csv": TIDY + b"0" * (safezip.SMALL + 1)})
    with pytest.raises(BadInputError, match="would unpack from"):
        read_file(path)


def test_nothing_is_unpacked_next_to_the_zip(tmp_path):
    read_file(zipped(tmp_path / "x.zip", {"API_x.csv": DOWNLOAD + ROWS}))
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


JUNK = {
    "random numbers": lambda r: (
        TIDY + b"".join(b"%x,%d,%d\n" % (r.getrandbits(40), r.getrandbits(11), i) for i in range(10**6))
    ),
    "a million economies": lambda r: TIDY + b"".join(b"Q%x,2015,1\n" % i for i in range(10**6)),
    "a million codes": lambda r: b"code," + TIDY + b"".join(b"c%x,KGZ,2015,1\n" % i for i in range(10**6)),
    "one key a million times": lambda r: TIDY + b"KGZ,2015,1\n" * 10**6,
}


@pytest.mark.parametrize("case", JUNK)
def test_a_million_rows_of_junk_end_in_one_sentence_and_bounded_memory(tmp_path, case):
    path = written(tmp_path / "junk.csv", JUNK[case](random.Random(0)))  # noqa: S311 - not for secrets
    code = (
        "import json, sys\n"
        "from eaeu_analysis.errors import EaeuError\n"
        "from eaeu_analysis.data.sources.files.source import read_file\n"
        "try: read_file(sys.argv[1]); message = ''\n"
        "except EaeuError as error: message = str(error)\n"
        "peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]"
        " if sys.platform == 'linux' else [0]\n"  # the kernel's own mark: ru_maxrss has the parent's at the start
        "print(json.dumps([message, int(peak[0]) / 1024]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    printed, peak_mb = json.loads(done.stdout)
    assert "junk.csv" in printed
    assert "\n" not in printed
    assert done.stderr == ""
    if sys.platform == "linux":
        assert peak_mb < 700
