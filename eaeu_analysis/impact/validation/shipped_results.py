"""What calibration found, shipped with the package: thousand placebo problems take the better part of an hour.

``scripts/calibrate.py`` writes ``data/results/placebos.parquet``, every p-value of :func:`.calibration.calibrate` with
the question in the file's metadata, and ``data/results/yardstick.json``, the tables of :func:`.yardstick.yardstick`.
Sizes are worked out from the p-values when they are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ... import settings
from ...errors import BadInputError, NoDataError
from ...results import Provenance, Result
from ...series import SeriesInfo
from ...text import format_number, format_p_equals
from .calibration import Calibration

PLACEBOS, YARDSTICK = "placebos.parquet", "yardstick.json"
MAKE = "make calibration"


@dataclass(frozen=True, eq=False)
class ShippedYardstick(Result):
    """Tables of the yardstick as shipped.

    Attributes
    ----------
    entrants, rounds : DataFrame
        As ``table`` and ``rounds`` of :class:`~eaeu_analysis.impact.validation.yardstick.Yardstick`.
    by_estimator : DataFrame
        Mean estimate by round (rows) and estimator (columns).
    literature : DataFrame
        A row per study.
    agrees : mapping of int to bool
        Whether the estimate of a round agrees with the studies.
    measure_unit : str
        Unit of measurement.
    """

    entrants: pd.DataFrame
    rounds: pd.DataFrame
    by_estimator: pd.DataFrame
    literature: pd.DataFrame
    agrees: Mapping[int, bool]
    measure_unit: str

    def to_frame(self) -> pd.DataFrame:
        return self.entrants.copy()

    def summary(self) -> str:
        lines = [f"yardstick of past accessions, as shipped ({self.measure_unit})"]
        for row in self.rounds.to_dict("records"):
            agrees = "as" if self.agrees[int(row["round"])] else "not as"
            lines.append(
                f"  {row['round']}: {format_number(row['estimate'], signed=True)} in the mean of "
                f"{row['entrants']} entrants, "
                f"{row['positive']} of them positive, {format_p_equals(row['p_value'])}; {agrees} the studies found it"
            )
        return "\n".join(lines)


def results_path(name: str) -> Path:
    """Where a file of this module is kept: ``data/results``."""
    return settings.data_dir() / "results" / name


def shipped_calibration(path: Path | None = None) -> Calibration:
    """The calibration that is shipped with the package.

    Parameters
    ----------
    path : Path, optional
        File of placebo problems. By default ``data/results/placebos.parquet``.

    Returns
    -------
    Calibration
        As :func:`~eaeu_analysis.calibrate` returned it.

    Raises
    ------
    NoDataError
        If the file is missing.
    BadInputError
        If it is not a file of placebo problems.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> len(ea.shipped_calibration().to_frame()["outcome"].unique())
    5
    """
    frame, series, spec = read_problems(path or results_path(PLACEBOS))
    return Calibration(spec, frame, Provenance(series, "placebo problems", "", spec))


def read_problems(path: Path) -> tuple[pd.DataFrame, tuple[SeriesInfo, ...], dict[str, Any]]:
    """Placebo problems, their series and their question; NoDataError without the file, BadInputError for another."""
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    if not path.is_file():
        raise NoDataError(f"no calibration is shipped: {str(path)!r} is missing; {MAKE} makes it")
    try:
        table = pq.read_table(path)
        stated = json.loads((table.schema.metadata or {})[b"calibration"])
        return table.to_pandas(), tuple(_info(one) for one in stated["series"]), dict(stated["spec"])
    except (ArrowException, OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadInputError(f"{str(path)!r} is not a file of placebo problems: {error}") from None


def shipped_yardstick(path: Path | None = None) -> ShippedYardstick:
    """The yardstick of past accessions that is shipped with the package.

    Parameters
    ----------
    path : Path, optional
        File of the yardstick. By default ``data/results/yardstick.json``.

    Returns
    -------
    ShippedYardstick
        Its tables.

    Raises
    ------
    NoDataError
        If the file is missing.
    BadInputError
        If it is not a file of the yardstick.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.shipped_yardstick().rounds[["round", "entrants", "positive"]].values.tolist()
    [[2004, 10, 5], [2007, 2, 2]]
    """
    path = path or results_path(YARDSTICK)
    if not path.is_file():
        raise NoDataError(f"no yardstick is shipped: {str(path)!r} is missing; {MAKE} makes it")
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        by = pd.DataFrame(body["by_estimator"]).set_index("round").rename_axis(columns="option")
        return ShippedYardstick(
            pd.DataFrame(body["entrants"]),
            pd.DataFrame(body["rounds"]),
            by,
            pd.DataFrame(body["literature"]),
            {int(year): bool(agrees) for year, agrees in body["agrees"].items()},
            body["measure_unit"],
        )
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadInputError(f"{str(path)!r} is not a file of the yardstick: {error}") from None


def _info(raw: Mapping[str, Any]) -> SeriesInfo:
    return SeriesInfo(**{**raw, "derived_from": tuple(_info(part) for part in raw["derived_from"])})
