"""Input-output coefficients for the many-sector model, and Uzbekistan's table of 2022 laid over its sectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, require_option, unknown
from ...results import Check
from ..frames import need_columns
from .inputs import Flows

EVERYBODY = "*"
SLACK = 1e-9  # of an economy's spending: below it a negative final demand is rounding


@dataclass(frozen=True)
class Links:
    """``value_added`` (S, N) share of output; ``inputs`` (S, S, N): input, using sector, economy, or None without any;
    ``demand`` (S, N): spending on inputs; ``checks``: what was scaled."""

    value_added: Array
    inputs: Array | None
    demand: Array
    checks: tuple[Check, ...]


def read_input_output(
    table: pd.DataFrame | None, flows: Flows, output: Array, spending: Array, negative_demand: str
) -> Links:
    """Coefficients of ``table`` (economy, input, sector, coefficient) for every economy of ``flows``.

    ``output``, ``spending`` (S, N). Raises :class:`BadInputError` when coefficients are negative, leave no value added,
    or ask for more of a sector than the economy buys (unless ``negative_demand`` is "absorb").
    """
    require_option("negative_demand", negative_demand, ("error", "absorb"))
    if table is None:
        return Links(np.ones_like(output), None, np.zeros_like(output), ())
    inputs = _lay_out(table, flows)
    if (taken := inputs.sum(0)).max() >= 1:
        s, n = np.unravel_index(int(taken.argmax()), taken.shape)
        raise BadInputError(
            f"input_output: inputs take {taken.max():.3f} of the output of {flows.sectors[s]} in {flows.economies[n]}; "
            "some value added must be left"
        )
    demand = np.einsum("ksn,sn->kn", inputs, output)
    short = demand > spending + SLACK * spending.sum(0)
    checks: list[Check] = []
    if short.any():
        k, n = (axis[0] for axis in np.nonzero(short))
        if negative_demand == "error":
            raise BadInputError(
                f"input_output: {flows.economies[n]} uses more of {flows.sectors[k]} as input than it buys, so that "
                "final demand would be negative; correct the table or pass negative_demand='absorb'"
            )
        checks.append(_scaled_inputs_check(short, demand, spending, flows))
    fit = np.divide(spending, demand, out=np.ones_like(demand), where=demand > 0)
    inputs = inputs * np.minimum(fit, 1.0)[:, None, :]
    demand = np.minimum(np.einsum("ksn,sn->kn", inputs, output), spending)
    return Links(1 - inputs.sum(0), inputs, demand, tuple(checks))


def _scaled_inputs_check(
    short: np.ndarray[tuple[int, int], np.dtype[np.bool_]], demand: Array, spending: Array, flows: Flows
) -> Check:
    """Information on the cells that were scaled down."""
    excess = np.where(short, demand - spending, 0.0).sum()
    k, n = np.unravel_index(int(np.argmax(np.where(short, demand / np.maximum(spending, 1e-300), 0))), short.shape)
    share = float(excess / demand.sum())
    text = (
        f"input coefficients were scaled down in {int(short.sum())} sectors of economies whose table asks for more "
        f"than they buy ({share:.1%} of all inputs; most in {flows.sectors[k]}, {flows.economies[n]})"
    )
    return Check("final demand", None, share, None, text)


def _lay_out(table: pd.DataFrame, flows: Flows) -> Array:
    table = need_columns("input_output", table, ("economy", "input", "sector", "coefficient"))
    coefficient = table["coefficient"].to_numpy(dtype=np.float64)
    if not np.isfinite(coefficient).all() or (coefficient < 0).any():
        raise BadInputError("input_output: every coefficient must be zero or more")
    if table.duplicated(["economy", "input", "sector"]).any():
        raise BadInputError("input_output: a coefficient is given more than once")
    sectors = {name: i for i, name in enumerate(flows.sectors)}
    for column in ("input", "sector"):
        for name in pd.unique(table[column]):
            if name not in sectors:
                raise unknown(f"input_output: {column}", str(name), sectors)
    inputs = np.zeros((len(sectors), len(sectors), len(flows.economies)))
    places: Mapping[str, int] = {name: i for i, name in enumerate(flows.economies)}
    owners = table["economy"].astype(str)
    for name in owners.unique():
        if name != EVERYBODY and name not in places:
            raise unknown("input_output: economy", name, places)
    k, s = table["input"].map(sectors).to_numpy(), table["sector"].map(sectors).to_numpy()
    general = (owners == EVERYBODY).to_numpy()
    inputs[k[general], s[general], :] = coefficient[general, None]
    for name in sorted(set(owners) - {EVERYBODY}):
        own, n = (owners == name).to_numpy(), places[name]
        inputs[:, :, n] = 0.0
        inputs[k[own], s[own], n] = coefficient[own]
    return inputs


def uzbekistan_inputs(sectors: Mapping[str, str] | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Coefficients of Uzbekistan's table of 2022 (136 sectors) summed to the sectors of a model.

    ``sectors``: model sector by prefix of the table's codes, the longest prefix counts; None for SITC sections "0" to
    "8" and "services". Returns ``economy`` (UZB), ``input``, ``sector``, ``coefficient``: inputs over output, both
    summed first. Inputs of domestic and imported origin are one; the rest of output is value added and net taxes
    on products. Raises :class:`BadInputError` when a sector of the table has no place.
    """
    from ...reference.shipped_tables import TARIFFS
    from ..tariffs.schedule import tariff_tables

    if sectors is None:
        sectors = {prefix: name for name, codes in tariff_tables()["cpa_sitc"].items() for prefix in codes}
    uses, outputs = (TARIFFS.load(name, folder) for name in ("inputoutput_uzb", "inputoutput_uzb_sectors"))
    place = {code: _place(code, sectors) for code in outputs["sector"]}
    output = outputs["output"].groupby(outputs["sector"].map(place)).sum()
    value = uses["value"].groupby([uses["input"].map(place), uses["sector"].map(place)]).sum()
    frame = value.rename_axis(["input", "sector"]).rename("value").reset_index()
    frame["coefficient"] = frame["value"] / frame["sector"].map(output)
    return frame.assign(economy="UZB")[["economy", "input", "sector", "coefficient"]]


def _place(code: str, sectors: Mapping[str, str]) -> str:
    hits = [prefix for prefix in sectors if code.startswith(prefix)]
    if not hits:
        raise BadInputError(f"sectors: there is no entry for {code!r} of Uzbekistan's input-output table")
    return sectors[max(hits, key=len)]
