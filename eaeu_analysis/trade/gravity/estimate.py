"""The estimation itself: pyfixest on columns of codes, with its errors as errors of this package."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import BadInputError, NotConvergedError
from .sample import GravitySample

MAX_ITERATIONS = 100


def run_pyfixest(kind: str, sample: GravitySample, k_adj: bool, separation: str) -> tuple[Any, GravitySample | None]:
    """Run pyfixest without its warnings; the second value is the sample it used, where it cut it further."""
    import pyfixest

    _in_order()
    k = sample.x.shape[1]
    frame = pd.DataFrame({"y": sample.y, **{f"x{j}": sample.x[:, j] for j in range(k)}})
    for j, codes in enumerate(sample.effects):
        frame[f"f{j}"] = codes
    for j, codes in enumerate(sample.clusters):
        frame[f"c{j}"] = codes
    right = " + ".join(f"x{j}" for j in range(k))
    absorbed = " + ".join(f"f{j}" for j in range(len(sample.effects)))
    formula = f"y ~ {right} | {absorbed}" if absorbed else f"y ~ {right}"
    ways = len(sample.clusters)
    vcov: Any = {"CRV1": " + ".join(f"c{j}" for j in range(ways))} if 1 <= ways <= 2 else "hetero"
    options: dict[str, Any] = {"vcov": vcov, "ssc": pyfixest.ssc(k_adj=k_adj), "fixef_rm": "none", "copy_data": False}
    if kind == "fepois":
        ir = ["ir"] if separation == "rectifier" else []
        options |= {"iwls_maxiter": MAX_ITERATIONS, "separation_check": ir}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = getattr(pyfixest, kind)(formula, frame, **options)
    except ValueError as error:
        raise _explained(error) from error
    if kind == "fepois" and not fit.convergence:
        raise NotConvergedError(f"the Poisson fit did not converge in {MAX_ITERATIONS} iterations")
    if len(sample.y) != fit._N:
        return fit, _cut(sample, np.sort(np.asarray(fit._data.index, dtype=np.int64)))
    return fit, None


def _in_order() -> None:
    """Fixed effects in the order given: pyfixest keeps their names in a set, whose order, and with it the last digits
    of every estimate, hangs on the hash seed of the process."""
    with contextlib.suppress(ImportError):
        from pyfixest.estimation.formula import utils

        utils.set = dict.fromkeys


def _explained(error: ValueError) -> Exception:
    text = " ".join(str(error).split())
    if "Demeaning failed" in text:
        return NotConvergedError(
            "the fixed effects could not be taken out: the alternating projections did not converge"
        )
    if "collinear" in text:
        return BadInputError("every regressor is explained by the fixed effects: nothing is left to estimate")
    return error


def _cut(sample: GravitySample, keep: Any) -> GravitySample:
    codes = [pd.factorize(c[keep])[0].astype(np.int64) for c in (*sample.effects, *sample.clusters)]
    split = len(sample.effects)
    lost = len(sample.y) - len(keep)
    return replace(
        sample,
        rows=sample.rows[keep],
        y=sample.y[keep],
        x=sample.x[keep],
        effects=tuple(codes[:split]),
        clusters=tuple(codes[split:]),
        separated=sample.separated + lost,
    )
