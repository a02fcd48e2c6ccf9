"""World Bank files made here in the shapes they are downloaded in."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

TIDY = b"iso3,year,value\n"

DOWNLOAD = (
    '"Data Source","World Development Indicators",\n\n"Last Updated Date","2026-04-08",\n\n'
    '"Country Name","Country Code","Indicator Name","Indicator Code","2014","2015","2016",\n'
)

ROWS = (
    '"Aruba","ABW","Trade (% of GDP)","NE.TRD.GNFS.ZS","","","",\n'
    '"Kyrgyz Republic","KGZ","Trade (% of GDP)","NE.TRD.GNFS.ZS","125.06","","105.8",\n'
    '"Korea, Dem. People\'s Rep.","PRK","Trade (% of GDP)","NE.TRD.GNFS.ZS","","1.5","",\n'
    '"Europe & Central Asia","ECS","Trade (% of GDP)","NE.TRD.GNFS.ZS","80.5","81","",\n'
)

BULK = (
    "Country Name,Country Code,Indicator Name,Indicator Code,2014,2015\n"
    'Kyrgyz Republic,KGZ,"GDP (current US$)",NY.GDP.MKTP.CD,7468096566.7,6678178340.5\n'
    "Kyrgyz Republic,KGZ,Trade (% of GDP),NE.TRD.GNFS.ZS,125.06,\n"
    "Uzbekistan,UZB,Trade (% of GDP),NE.TRD.GNFS.ZS,36.4,30.8\n"
    "Uzbekistan,UZB,Some other series,XX.YYY.ZZZ,1,2\n"
)

DATABANK = (
    "Country Name,Country Code,Series Name,Series Code,2014 [YR2014],2015 [YR2015]\n"
    "Kyrgyz Republic,KGZ,Trade (% of GDP),NE.TRD.GNFS.ZS,125.06,..\n"
    "Uzbekistan,UZB,Trade (% of GDP),NE.TRD.GNFS.ZS,..,30.8\n"
)

FOOTER = "\n\n\nData from database: World Development Indicators\nLast Updated: 06/05/2025\n"


PADDED_FOOTER = ",,,,,\n,,,,,\nData from database: World Development Indicators,,,,,\nLast Updated: 06/05/2025,,,,,\n"


DATA360 = (
    "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,SEX,AGE,URBANISATION,UNIT_MEASURE,COMP_BREAKDOWN_1,"
    "COMP_BREAKDOWN_2,COMP_BREAKDOWN_3,TIME_PERIOD,UNIT_TYPE,DATABASE_ID,UNIT_MULT,OBS_VALUE,OBS_STATUS,REF_AREA_LABEL\n"
)


def data360(
    area: str, year: int, value: str, sex: str = "_T", code: str = "WB_WDI_NE_TRD_GNFS_ZS", mult: str = "0"
) -> str:
    return (
        f"datastructure,WB.DATA360:DS_DATA360(1.3),I,A,{area},{code},{sex},_T,_T,PT_GDP,_Z,_Z,_Z,{year},RATIO,WB_WDI,"
        f"{mult},{value},A,Label\n"
    )


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(
    path: Path, members: dict[str, str | bytes], date: tuple[int, int, int, int, int, int] = (1980, 1, 1, 0, 0, 0)
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, date)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def rows(series) -> list[tuple[str, int, float]]:
    return list(series.frame.itertuples(index=False, name=None))


TRADE = [("ECS", 2014, 80.5), ("ECS", 2015, 81.0), ("KGZ", 2014, 125.06), ("KGZ", 2016, 105.8), ("PRK", 2015, 1.5)]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    at = data.find(b"API_x.csv") + 40
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def workbook(path: Path, sheets: dict[str, list[list[str | float | None]]]) -> Path:
    """A workbook as Excel writes it, cells as inline text and numbers."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    spread = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types, listed, relations, members = "", "", "", {}
    for number, (name, table) in enumerate(sheets.items(), start=1):
        types += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{spread}.worksheet+xml"/>'
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"/>'
        relations += f'<Relationship Id="r{number}" Type="{office}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        body = "".join(
            f'<row r="{r}">' + "".join(_cell(f"{chr(64 + c)}{r}", v) for c, v in enumerate(row, start=1)) + "</row>"
            for r, row in enumerate(table, start=1)
        )
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'{head}<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
        )
    members["[Content_Types].xml"] = (
        f'{head}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.'
        'openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{spread}.sheet.main+xml"/>{types}</Types>'
    )
    members["_rels/.rels"] = (
        f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    )
    members["xl/workbook.xml"] = (
        f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>'
    )
    members["xl/_rels/workbook.xml.rels"] = (
        f'{head}<Relationships xmlns="{package}/relationships">{relations}</Relationships>'
    )
    return zipped(path, dict(members))


def _cell(place: str, value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
