"""Names of economies: what resolves, what must not, and what the error says."""

from __future__ import annotations

import csv
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference import economies

WDI = Path(__file__).resolve().parents[3] / "shared" / "data" / "wdi"
CODES = sorted(economies.economy_tables().economies)


def message(call) -> str:
    with pytest.raises(BadInputError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


# -- what resolves ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "iso3"),
    [
        ("KGZ", "KGZ"), ("kgz", "KGZ"), (" Kgz ", "KGZ"), ("KG", "KGZ"), ("uz", "UZB"),
        ("NA", "NAM"), ("UK", "GBR"), ("EL", "GRC"), ("XK", "XKX"), ("TW", "TWN"),
        ("ROM", "ROU"), ("ZAR", "COD"), ("TMP", "TLS"), ("KSV", "XKX"), ("XKO", "XKX"),
        ("WBG", "PSE"), ("ADO", "AND"), ("IMY", "IMN"), ("KOS", "XKX"), ("CHANISL", "CHI"), ("EH", "ESH"),
        ("Kyrgyz Republic", "KGZ"), ("Kyrgyzstan", "KGZ"), ("Kirghizia", "KGZ"), ("Kirghizstan", "KGZ"),
        ("Turkey", "TUR"), ("Türkiye", "TUR"), ("Turkiye", "TUR"), ("TÜRKİYE", "TUR"),
        ("Kosovo", "XKX"), ("Taiwan", "TWN"), ("Chinese Taipei", "TWN"), ("Other Asia, nes", "TWN"),
        ("Russia", "RUS"), ("Russian Federation", "RUS"), ("Belarus", "BLR"), ("Viet Nam", "VNM"),
        ("Côte d'Ivoire", "CIV"), ("Cote d’Ivoire", "CIV"), ("Ivory Coast", "CIV"), ("Curacao", "CUW"),
        ("St. Kitts and Nevis", "KNA"), ("Saint Kitts & Nevis", "KNA"), ("The Gambia", "GMB"), ("Bahamas, The", "BHS"),
    ],
)  # fmt: skip
def test_codes_and_names(name: str, iso3: str) -> None:
    assert economies.resolve(name) == iso3


@pytest.mark.parametrize(
    ("name", "iso3"),
    [
        ("Кыргызстан", "KGZ"), ("Киргизия", "KGZ"), ("Қирғизистон", "KGZ"), ("Qirg'iziston", "KGZ"),
        ("Qirgʻiziston", "KGZ"), ("Rossiya", "RUS"), ("Казахстан", "KAZ"), ("Қазақстан", "KAZ"), ("Россия", "RUS"),
        ("Узбекистан", "UZB"), ("Ўзбекистон", "UZB"), ("O'zbekiston", "UZB"), ("Oʻzbekiston", "UZB"),
        ("O‘zbekiston", "UZB"), ("Российская Федерация", "RUS"),
        ("Qozog‘iston", "KAZ"), ("Беларусь", "BLR"), ("Белоруссия", "BLR"), ("Армения", "ARM"), ("Арманистон", "ARM"),
        ("Республика Корея", "KOR"), ("Иран (Исламская Республика)", "IRN"), ("Соединенные Штаты Америки", "USA"),
    ],
)  # fmt: skip
def test_russian_and_uzbek_names(name: str, iso3: str) -> None:
    assert economies.resolve(name) == iso3


@pytest.mark.parametrize(
    ("name", "iso3"),
    [
        ("Guinea", "GIN"), ("Equatorial Guinea", "GNQ"), ("Guinea-Bissau", "GNB"), ("Papua New Guinea", "PNG"),
        ("Niger", "NER"), ("Nigeria", "NGA"), ("Dominica", "DMA"), ("Dominican Republic", "DOM"),
        ("Korea, Rep.", "KOR"), ("South Korea", "KOR"), ("Korea, South", "KOR"), ("North Korea", "PRK"),
        ("Korea (North)", "PRK"), ("Korea (Democratic People's Republic of)", "PRK"), ("Korea (Republic of)", "KOR"),
        ("Congo, Dem. Rep.", "COD"), ("Congo (Kinshasa)", "COD"), ("Congo - Kinshasa", "COD"), ("DR Congo", "COD"),
        ("Democratic Republic of the Congo", "COD"), ("Congo, Rep.", "COG"), ("Congo (Brazzaville)", "COG"),
        ("Republic of the Congo", "COG"), ("Congo", "COG"), ("Sudan", "SDN"), ("South Sudan", "SSD"),
        ("Ireland", "IRL"), ("Georgia", "GEO"), ("Samoa", "WSM"), ("American Samoa", "ASM"), ("China", "CHN"),
        ("China, Hong Kong SAR", "HKG"), ("China, Macao SAR", "MAC"), ("Hong Kong SAR, China", "HKG"),
        ("United Kingdom of Great Britain and Northern Ireland", "GBR"), ("Virgin Islands (U.S.)", "VIR"),
        ("British Virgin Islands", "VGB"), ("Netherlands", "NLD"), ("Kingdom of the Netherlands", "NLD"),
        ("Tanzania, United Republic of", "TZA"), ("Bolivia (Plurinational State of)", "BOL"), ("Oman", "OMN"),
        ("Romania", "ROU"), ("Mali", "MLI"), ("Somalia", "SOM"), ("India", "IND"), ("Austria", "AUT"),
        ("Iran, Islamic Republic of", "IRN"), ("Moldova, Republic of", "MDA"), ("Islamic Republic of Pakistan", "PAK"),
        ("Lao People's Democratic Republic", "LAO"), ("Arab Republic of Egypt", "EGY"), ("State of Israel", "ISR"),
        ("Micronesia (Federated States of)", "FSM"), ("Saint Martin (French part)", "MAF"), ("Cape Verde", "CPV"),
    ],
)  # fmt: skip
def test_names_that_hold_other_names(name: str, iso3: str) -> None:
    assert economies.resolve(name) == iso3


# -- what must not resolve -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "Northern Ireland", "Georgia (US)", "Georgia, USA", "Jersey", "New Jersey", "New Mexico", "New England",
        "South Georgia and the South Sandwich Islands", "British Indian Ocean Territory", "Russia and Kazakhstan",
        "United States Minor Outlying Islands", "China, including Hong Kong", "Sudan (South)", "Germany (East)",
        "Guinea (Equatorial)", "Samoa (American)", "Rest of Asia", "United States and Canada", "Vietnam (South)",
        "Canada and the United States", "European Union and Turkey", "no such place", "EAEU", "", "   ", "-", "123",
    ],
)  # fmt: skip
def test_names_of_other_places_are_refused(name: str) -> None:
    assert message(lambda: economies.resolve(name)).startswith(f"economy {name!r} not known")


@pytest.mark.parametrize(
    ("name", "iso3"),
    [
        ("Republic of China", "TWN"), ("China, Republic of", "TWN"), ("Republic of China (Taiwan)", "TWN"),
        ("People's Republic of China", "CHN"), ("China, People's Rep. of", "CHN"), ("Dominican Rep.", "DOM"),
        ("Central African Rep.", "CAF"), ("US Virgin Islands", "VIR"), ("Dem. Rep. of the Congo", "COD"),
        ("Egypt, Arab Republic of", "EGY"), ("Venezuela, Bolivarian Rep. of", "VEN"), ("The Kyrgyz Republic", "KGZ"),
        ("Republic of Kyrgyzstan", "KGZ"), ("Uzbekistan, Rep. of", "UZB"), ("Solomon Isds", "SLB"),
        ("Federated States of Micronesia", "FSM"), ("Swiss Confederation", "CHE"), ("Hellenic Republic", "GRC"),
    ],
)  # fmt: skip
def test_official_names_and_the_abbreviations_of_statistical_offices(name: str, iso3: str) -> None:
    assert economies.resolve(name) == iso3


def test_no_two_economies_share_an_official_name() -> None:
    words = [
        (economies._words(economies._key(name)), iso3)
        for iso3, names in economies.economy_tables().official.items()
        for name in names
    ]
    assert len(set(words)) == len({key for key, _ in words})
    assert {iso3 for _, iso3 in words} <= set(CODES)


def test_names_of_groups_give_their_codes() -> None:
    assert [economies.aggregate_code(t) for t in ("World", "Euro area", " wld ", "Kyrgyzstan", "")] == [
        "WLD", "EMU", "WLD", "", ""
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Kirgizia", "economy 'Kirgizia' not known; did you mean 'KGZ' (Kyrgyz Republic)?"),
        ("Kyrgystan", "economy 'Kyrgystan' not known; did you mean 'KGZ' (Kyrgyz Republic)?"),
        ("Rusia", "economy 'Rusia' not known; did you mean 'RUS' (Russian Federation)?"),
        ("Uzbekstan", "economy 'Uzbekstan' not known; did you mean 'UZB' (Uzbekistan)?"),
        ("KGS", "economy 'KGS' not known; did you mean 'KGZ' (Kyrgyz Republic)?"),
        ("KZG", "economy 'KZG' not known; did you mean 'KGZ' (Kyrgyz Republic)?"),
        ("West Bank", "economy 'West Bank' not known; did you mean 'PSE' (West Bank and Gaza)?"),
        ("Узбекстан", "economy 'Узбекстан' not known; did you mean 'UZB' (Uzbekistan)?"),
    ],
)
def test_misspelt_names_get_the_near_match(name: str, near: str) -> None:
    assert message(lambda: economies.resolve(name)) == near


@pytest.mark.parametrize("wrong", [None, float("nan"), 417, ["KGZ"], b"KGZ"])
def test_what_is_not_text_is_refused(wrong: object) -> None:
    text = message(lambda: economies.resolve(wrong))  # type: ignore[arg-type] # wrong on purpose
    assert text == f"economy {wrong!r} not understood: expected an ISO code or a name"


def test_groups_and_former_states_say_what_they_are() -> None:
    assert message(lambda: economies.resolve("WLD")) == "'WLD' (World) is a group of economies, not an economy"
    assert message(lambda: economies.resolve("Euro area")) == "'Euro area' is a group of economies, not an economy"
    assert "'YUG' (Yugoslavia) is not one economy today; name one of 'BIH'" in message(lambda: economies.resolve("YUG"))
    assert "'CZE' (Czechia), 'SVK' (Slovak Republic)" in message(lambda: economies.resolve("Czechoslovakia"))
    assert "'BEL' (Belgium), 'LUX' (Luxembourg)" in message(lambda: economies.resolve("Belgium-Luxembourg"))
    assert "'UZB' (Uzbekistan)" in message(lambda: economies.resolve("USSR"))


# -- tables ----------------------------------------------------------------------------------------------
def test_the_economies_are_the_world_banks_with_taiwan_and_western_sahara() -> None:
    table = economies.economies()
    assert len(table) == 219
    assert table["bank"].sum() == 217
    assert list(table.index[~table["bank"]]) == ["ESH", "TWN"]
    assert table["iso2"].is_unique
    assert table.loc["NAM", "iso2"] == "NA"
    assert table.loc["KGZ", ["name", "region", "income"]].tolist() == [
        "Kyrgyz Republic",
        "Europe & Central Asia",
        "Lower middle income",
    ]
    assert set(table.index[table["central_asia"]]) == {"KAZ", "KGZ", "TJK", "TKM", "UZB"}
    assert table["former_soviet"].sum() == 15


@pytest.mark.skipif(not WDI.is_dir(), reason="the World Bank files to compare with are not next to the project")
def test_names_and_groups_agree_with_the_world_banks_list() -> None:
    with (WDI / "ECONOMIES.csv").open(encoding="utf-8") as lines:
        listed = {row["iso3"]: row for row in csv.DictReader(lines)}
    table = economies.economies()
    assert set(listed) == set(table.index[table["bank"]])
    for iso3, row in listed.items():
        assert economies.resolve(row["name"]) == iso3
        assert table.loc[iso3, "name"] == row["name"]
        assert table.loc[iso3, "income"] == (row["income"] or "Not classified")
        # the region of the Middle East took Afghanistan and Pakistan, and their names, in July 2025
        assert table.loc[iso3, "region"][:11] == row["region"][:11]


@pytest.mark.skipif(not WDI.is_dir(), reason="the World Bank files to compare with are not next to the project")
def test_every_code_in_the_files_is_an_economy_or_an_aggregate() -> None:
    seen = set()
    for path in sorted(WDI.glob("*.csv")):
        if path.stem not in ("ECONOMIES", "PROVENANCE"):
            with path.open(encoding="utf-8") as lines:
                seen |= {line.partition(",")[0] for line in lines} - {"iso3"}
    assert len(seen) > 260
    unknown = {
        code for code in seen if not economies.is_aggregate(code) and code not in economies.economy_tables().codes
    }
    assert unknown == set()


def test_aggregates_are_kept_apart() -> None:
    assert economies.is_aggregate("WLD")
    assert economies.is_aggregate("wld")
    assert not economies.is_aggregate("KGZ")
    assert not economies.is_aggregate("ROM")
    assert not set(economies.aggregates().index) & set(economies.economies().index)
    assert economies.economy_name("ECA") == "Europe & Central Asia (excluding high income)"
    assert economies.economy_name("KGZ") == "Kyrgyz Republic"
    assert economies.economy_name("Kirghizia") == "Kyrgyz Republic"


def test_pools_of_comparators() -> None:
    assert economies.group("central asia") == ["KAZ", "KGZ", "TJK", "TKM", "UZB"]
    assert len(economies.group("CIS")) == 12
    assert "did you mean 'former_soviet'?" in message(lambda: economies.group("former_soviets"))


def test_many_at_once() -> None:
    assert economies.resolve_many(["Kyrgyzstan", "UZ", "KGZ"]) == ["KGZ", "UZB", "KGZ"]
    assert economies.resolve_many("Korea, Rep.") == ["KOR"]
    assert "did you mean 'KGZ'" in message(lambda: economies.resolve_many(["UZB", "Kirgizia"]))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"economies": {"KGZ": {"iso2": "KG", "nmae": "K", "region": "ECS", "income": "LMC"}}}, "did you mean 'name'"),
        (
            {"economies": {"KGZ": {"iso2": "KG", "name": "K", "region": "ECX", "income": "LMC"}}},
            "region 'ECX' not known",
        ),
        ({"old_codes": {"KSV": "XKK"}}, "old code 'KSV': economy 'XKK' not known; did you mean 'XKX' (Kosovo)?"),
        ({"old_codes": {"KG": "UZB"}}, "code 'KG' stands for both KGZ and UZB"),
        ({"groups": {"mine": ["KGS"]}}, "group 'mine': economy 'KGS' not known; did you mean 'KGZ'"),
        ({"aggregates": {"KGZ": "World"}}, "code 'KGZ' is both an economy's and another's"),
        ({"agregates": {}}, "section 'agregates' not known; did you mean 'aggregates'?"),
        ({"names": None}, "section 'names' is missing"),
    ],
)
def test_a_mistake_in_the_table_of_economies_is_one_sentence(change: dict[str, object], expected: str) -> None:
    from eaeu_analysis.reference.catalogue import read_table, table_path

    raw = {**read_table(table_path("economies")), **change}
    text = message(lambda: economies.read_tables(raw, "economies.toml"))
    assert text.startswith("economies.toml")
    assert expected in text


# -- properties and the house ----------------------------------------------------------------------------
@settings(deadline=None)
@given(
    st.sampled_from(CODES), st.sampled_from([str.lower, str.upper, str.title, str.swapcase]), st.text(" \t", max_size=3)
)
def test_case_and_surrounding_space_do_not_matter(iso3: str, case, space: str) -> None:
    economy = economies.economy_tables().economies[iso3]
    for name in (economy.iso3, economy.iso2, economy.name):
        assert economies.resolve(space + case(name) + space) == iso3


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_gives_an_economy_or_one_sentence(text: str) -> None:
    try:
        found = economies.resolve(text)
    except BadInputError:
        return
    assert found in CODES


def test_nothing_is_asked_of_the_network_and_wbgapi_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a name was looked up over the network")

    monkeypatch.setattr(socket, "socket", refuse)
    economies._resolve.cache_clear()
    assert economies.resolve("Arab Republic of Egypt") == "EGY"
    import subprocess

    code = (
        "import sys\nfrom eaeu_analysis.reference.economies import resolve\nassert resolve('Arab Republic of Egypt')\n"
        "try:\n    resolve('Uzbekstan')\nexcept ValueError:\n    print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "babel" in done.stdout.split()
    assert not {"wbgapi", "requests", "pandas"} & set(done.stdout.split())


def test_unknown_names_are_one_sentence_where_the_locale_is_not_utf8() -> None:
    """The table of names is UTF-8 whatever the locale."""
    import os
    import subprocess

    code = "from eaeu_analysis.cli import main; raise SystemExit(main(['compare', 'Qirghizia', '-o', 'trade']))"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=os.environ | plain)
    assert done.returncode == 2
    assert b"Qirghizia" in done.stderr
    assert b"Traceback" not in done.stderr


def test_codes_are_resolved_without_the_libraries_of_names() -> None:
    import subprocess

    code = (
        "import sys\nfrom eaeu_analysis.reference import economies\n"
        "assert all(economies.resolve(c) for c in ['KGZ', 'uz', 'ROM'] * 3333)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"wbgapi", "pandas", "babel"} & set(done.stdout.split())


def test_spoken_names_are_those_that_people_say() -> None:
    from eaeu_analysis.reference.economies import common_name as spoken_name

    assert [spoken_name(c) for c in ("KGZ", "RUS", "UZB", "XKX")] == ["Kyrgyzstan", "Russia", "Uzbekistan", "Kosovo"]
    assert spoken_name("CHI") == "Channel Islands"  # not in CLDR
    assert spoken_name("WLD") == "World"
    assert spoken_name("KGZ", "ru") == "Киргизия"
