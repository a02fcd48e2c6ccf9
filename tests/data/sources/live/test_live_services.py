"""The live services themselves, one small request each: ``make live``, on a machine with a network.

``REQUESTS`` has what is asked and what is known of the answer, with the source of that knowledge, so that a person can
check each by hand. A service that cannot be reached is skipped, as is one whose key is not in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from eaeu_analysis.data.sources.live import comtrade, data360, imts, wits
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.store import Store


@dataclass(frozen=True)
class LiveRequest:
    """``address`` is what is asked, ``low`` and ``high`` bound a value that is known, ``known`` says how."""

    name: str
    pull: Callable[[Store], PullReport]
    address: str
    code: str
    low: float
    high: float
    known: str
    key: str = ""


COMTRADE = "COMTRADE.X.TOTAL.USA.WLD"
IMTS = "IMTS.XG_FOB_USD.USA.WLD"
DATA360 = "DATA360.WB_KNOMAD.WB_KNOMAD_BRE.RUS"
REQUESTS = [
    LiveRequest(
        "World Bank v2, a series of the WDI",
        lambda store: pull_series(["NY.GDP.MKTP.CD"], ["KGZ"], 2019, store=store, notes=False),
        "https://api.worldbank.org/v2/en/sources/2/series/NY.GDP.MKTP.CD/country/KGZ/time/YR2019?format=json",
        "NY.GDP.MKTP.CD",
        8e9,
        1.1e10,
        "GDP of the Kyrgyz Republic in 2019, shipped: 9.4 billion US$",
    ),
    LiveRequest(
        "World Bank v2, a monthly series of the Global Economic Monitor",
        lambda store: pull_series(["DPANUSSPB"], ["KAZ"], 2015, database="15", store=store, notes=False),
        "https://api.worldbank.org/v2/en/sources/15/series/DPANUSSPB/country/KAZ/time/2015M01;...;2015M12?format=json",
        "DPANUSSPB",
        180,
        350,
        "about 184 tenge per US$ in January 2015 and 340 at the end of December (National Bank of Kazakhstan)",
    ),
    LiveRequest(
        "WITS TradeStats",
        lambda store: wits.SERVICE.pull(["WITS.XPRT-TRD-VL.Total.USA.WLD"], 2019, store=store),
        "https://wits.worldbank.org/API/V1/SDMX/V21/rest/data/DF_WITS_TradeStats_Trade/A.usa.wld.Total.XPRT-TRD-VL/"
        "?startPeriod=2019&endPeriod=2019",
        "WITS.XPRT-TRD-VL.Total.USA.WLD",
        1.6e12,
        1.7e12,
        "exports of the United States in 2019: 1.64e12 US$ (UN Comtrade)",
    ),
    LiveRequest(
        "UN Comtrade v1",
        lambda store: comtrade.SERVICE.pull([COMTRADE], 2019, store=store),
        comtrade.question(
            comtrade.ENDPOINT,
            {"reporterCode": "842,840", "period": "2019", "flowCode": "X", "cmdCode": "TOTAL", "partnerCode": "0"},
        ),
        COMTRADE,
        1.6e12,
        1.7e12,
        "exports of the United States in 2019: 1.64e12 US$ (UN Comtrade)",
        comtrade.KEY,
    ),
    LiveRequest(
        "IMF IMTS, SDMX 3.0",
        lambda store: imts.SERVICE.pull([IMTS], 2023, store=store),
        imts.question(imts.ENDPOINT, "USA.XG_FOB_USD.G001.A", 2023),
        IMTS,
        1.9e12,
        2.1e12,
        "exports of the United States in 2023: 2.02e12 US$; a thousand or a million times that is a wrong scale",
    ),
    LiveRequest(
        "World Bank Data360, bilateral remittances",
        lambda store: data360.SERVICE.pull([DATA360], 2021, store=store),
        "https://data360api.worldbank.org/data360/data?DATABASE_ID=WB_KNOMAD&INDICATOR=WB_KNOMAD_BRE&REF_AREA=RUS&skip=0",
        DATA360,
        0,
        2.5e4,
        "sent from Russia in 2021, shipped: 16,820 million US$ in all",
    ),
]


@pytest.mark.network
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.name)
def test_a_live_service_answers_as_it_did(tmp_path: Path, request_: LiveRequest) -> None:
    print(f"\n{request_.name}\n  asks   {request_.address}\n  knows  {request_.known}")
    if request_.key and not os.environ.get(request_.key):
        pytest.skip(f"no key in {request_.key}")
    store = Store(tmp_path)
    report = request_.pull(store)
    if report.offline:
        pytest.skip(f"no network: {report.rows[0].sentence}")
    assert not report.failed, report.summary()
    values = store.get(request_.code).frame["value"]
    assert values.between(request_.low, request_.high).all(), values.tolist()


def test_the_addresses_of_the_list_are_those_that_are_asked() -> None:
    """The list is written for people; here it is held against the code."""
    by_name = {request.name: request for request in REQUESTS}
    asked = comtrade.requests_of(comtrade._named(COMTRADE, 2019, comtrade.ENDPOINT))[2019]
    assert asked.replace("842%2C840", "842,840") == by_name["UN Comtrade v1"].address.replace("842%2C840", "842,840")
    assert imts.request_of(imts._named(IMTS, 2023, imts.ENDPOINT)) == by_name["IMF IMTS, SDMX 3.0"].address
    named = data360._named(DATA360, 2021, data360.ENDPOINT)
    assert data360.question(named, "RUS") == by_name["World Bank Data360, bilateral remittances"].address
    assert all(request.address.startswith("https://") and request.low < request.high for request in REQUESTS)
