"""Interactive fixed effects: common factors of the untreated units, with loadings of each treated unit's own.

Xu (2017), the generalised synthetic control. On the donors the outcome is unit effect + period effect + loadings x
factors; with no cell missing the factors are the leading principal components of what the two effects leave. A treated
unit's loadings and unit effect come from its periods before the event by least squares. The number of factors is that
which predicts periods before the event best, each left out in turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from ...arrays import Array, Index
from ...data.panel import Panel, require_panel
from ...errors import BadInputError, require_least
from ...results import Check, Provenance
from ...text import format_number, format_p_equals
from ..effect import LEADS, Effect
from ..inference.checks import design_checks
from ..inference.placebo_checks import donor_notes
from ..options import InteractiveOptions
from ..question.design import Design, described, design_table, drawn_cohorts, over_rows, state_design

REFERENCE = "Xu 2017, Political Analysis 25(1); tests: Liu, Wang & Xu 2024, American Journal of Political Science 68(1)"
HIDDEN = 3  # periods before the event that the placebo test hides
EQUIVALENT = 0.36  # of the standard deviation of the untreated residuals: a gap that matters little
LEFT = 2  # periods before the event that a fit has more than parameters, at least


@dataclass(frozen=True)
class InteractiveEffect(Effect):
    """Effect estimated by interactive fixed effects.

    Attributes
    ----------
    factors : DataFrame or None
        A row per period, a column per factor.
    loadings : DataFrame or None
        A row per unit, treated ones last, a column per factor.
    cross_validation : DataFrame or None
        ``factors, error`` by number of factors tried. None when the number was given.
    event_study : DataFrame or None
        A row per period from the event: ``relative, units, estimate, lower, upper, p, equivalence_p``; before the event
        the gaps of the fit.
    draws : ndarray, shape (B,), or None
        Estimates of the bootstrap without an effect.
    cohorts : DataFrame or None
        A row per event date: ``event, units, estimate, se, cells``.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    factors: pd.DataFrame | None = None
    loadings: pd.DataFrame | None = None
    cross_validation: pd.DataFrame | None = None
    event_study: pd.DataFrame | None = None
    draws: Array | None = None
    cohorts: pd.DataFrame | None = None


@dataclass(frozen=True)
class Components:
    """``means`` (T,) over the donors and ``basis`` (T, r + 1): the factors, with variance one, and a constant."""

    means: Array
    basis: Array


def components(control: Array, count: int) -> Components:
    """The period means and leading ``count`` factors of ``control`` (N0, T)."""
    means = control.mean(axis=0)
    rest = control - means
    rest = rest - rest.mean(axis=1, keepdims=True)
    number, periods = rest.shape
    wide = number < periods  # the eigenvectors of the smaller Gram matrix
    sizes, vectors = np.linalg.eigh(rest @ rest.T if wide else rest.T @ rest)
    vectors = vectors[:, ::-1][:, :count]
    if wide:
        vectors = rest.T @ vectors / np.sqrt(np.maximum(sizes[::-1][:count], 1e-300))
    factors = vectors * np.sqrt(periods)
    signs = np.sign(factors[np.abs(factors).argmax(axis=0), np.arange(count)])
    return Components(means, np.column_stack([factors * signs, np.ones(periods)]))


def counterfactuals(found: Components, treated: Array, starts: Index) -> tuple[Array, Array]:
    """(N1, T) paths without the event and (N1, r + 1) loadings, each unit's by its periods before ``starts`` (N1,)."""
    loadings = np.empty((len(treated), found.basis.shape[1]))
    for start in np.unique(starts):
        rows = starts == start
        rest = (treated[rows] - found.means)[:, :start]
        loadings[rows] = np.linalg.lstsq(found.basis[:start], rest.T, rcond=None)[0].T
    return found.means + loadings @ found.basis.T, loadings


def prediction_errors(control: Array, treated: Array, starts: Index, most: int) -> Array:
    """(most + 1,) mean squared error of predicting each period before the event from the others, by number of
    factors. With h the leverage of a period in least squares, its residual when left out is residual / (1 - h)."""
    errors = []
    for count in range(most + 1):
        found = components(control, count)
        squares: list[Array] = []
        for unit, start in zip(treated, starts, strict=True):
            basis, rest = found.basis[:start], (unit - found.means)[:start]
            residual = rest - basis @ np.linalg.lstsq(basis, rest, rcond=None)[0]
            squares.append((residual / _left_over(basis)) ** 2)
        errors.append(float(np.concatenate(squares).mean()))
    return np.array(errors)


def interactive_fixed_effects(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    draws: int = 500,
    seed: int = 0,
    options: InteractiveOptions | None = None,
) -> InteractiveEffect:
    """Effect of an event by interactive fixed effects (generalised synthetic control).

    Parameters
    ----------
    panel : Panel
        Data by unit and period, from :func:`~eaeu_analysis.load_panel` or :meth:`~eaeu_analysis.Panel.from_frame`.
    outcome : str
        A column of the panel or, in a world panel, an outcome of the catalogue.
    unit : str or iterable of str
        The treated unit or units.
    event : int, str, date or mapping
        First treated period: a year, a date in it or, in a panel of other periods, its text such as "2012-07"; or a
        mapping with one for each treated unit.
    donors : iterable of str or {"alike", "strict", "wide", "rouble"}, optional
        Units to compare with. By default every other unit; in a panel of economies those alike, and other pools by
        name, as in :func:`~eaeu_analysis.synthetic_control`.
    fit_years, post_years : optional
        Periods used, as in :func:`~eaeu_analysis.difference_in_differences`.
    draws : int, default 500
        Samples of the parametric bootstrap, at least 99.
    seed : int, default 0
        Seed of these samples.
    options : InteractiveOptions, optional
        Rarely changed settings, among them the number of factors, ``level`` and ``gaps``.

    Returns
    -------
    InteractiveEffect
        With factors, loadings and an event study.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or there are too few periods or donors for the factors.
    NoDataError
        If the panel lacks the values that the question needs.

    Notes
    -----
    Xu (2017, Political Analysis 25(1)). Errors by the parametric bootstrap of that paper: donors take a treated unit's
    place, and their prediction errors are added to the counterfactual. Checks after Liu, Wang and Xu (2024): a joint
    test of the gaps before the event, a placebo test that hides the last three periods before it, and an equivalence
    test against 0.36 standard deviations of the residuals. Covariates are taken off beforehand, by two-way effects.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.interactive_fixed_effects(panel, "trade", "KGZ", 2015, others, draws=99)
    >>> effect.factors.shape[0]
    16
    """
    require_panel(panel)
    options = options or InteractiveOptions()
    level = options.level
    require_least("draws", draws, 99)
    design = state_design(
        panel, outcome, unit, event, donors, fit_years=fit_years, post_years=post_years, options=options, min_donors=3
    )
    count, table = _number_of_factors(design, options)
    found = components(design.control, count)
    paths, loadings = counterfactuals(found, design.treated, design.starts)
    gaps = design.treated - paths
    after = np.arange(len(design.times)) >= design.starts[:, None]
    estimate = float(gaps[after].mean())
    errors = _prediction_draws(design, count, draws, seed)
    drawn = _bootstrap(design, found, paths, count, errors, seed)  # (B, N1, T) gaps without an effect
    averages = drawn[:, after].mean(axis=1)
    se = float(averages.std())
    quantile = float(norm.ppf(0.5 + level / 2))
    spread = quantile * drawn.std(axis=0)
    limit = EQUIVALENT * _residual_deviation(design, found)
    study = _study(design, gaps, drawn, quantile, limit)
    curves = {pre: gaps[rows].mean(axis=0) for pre, rows in design.cohort_rows().items()}
    checks = [
        *design_checks(design, curves, estimate),
        _leads_check(study, drawn, design, level),
        *_placebo_checks(design, count, draws, seed, limit, level),
        _loadings_check(design, found, loadings, count),
        *donor_notes(design.dropped, design.flagged, dict.fromkeys(design.donors, 1 / len(design.donors))),
    ]
    names = [f"factor {k + 1}" for k in range(count)]
    own = counterfactuals(found, design.control, np.full(len(design.control), len(design.times)))[1]
    return InteractiveEffect(
        **described("interactive_fixed_effects", design, options, draws=draws, seed=seed),
        table=design_table(
            design,
            [over_rows(design, i, paths[i]) for i in range(len(design.units))],
            [(gaps[i] - spread[i], gaps[i] + spread[i]) for i in range(len(gaps))],
        ),
        estimate=estimate,
        interval=(estimate - quantile * se, estimate + quantile * se),
        p_value=float(2 * norm.sf(abs(estimate) / se)) if se > 0 else float("nan"),
        weights=None,
        pre_mspe=float((gaps[~after] ** 2).mean()),
        checks=tuple(checks),
        provenance=Provenance((design.info,), "interactive fixed effects", REFERENCE, {"factors": count}),
        method=f"interactive fixed effects, {count} factor{'s' if count != 1 else ''}",
        inference=f"parametric bootstrap, {draws} samples with prediction errors of donors in a treated unit's place",
        se=se,
        factors=pd.DataFrame(found.basis[:, :-1], index=design.index.rename("time"), columns=names),
        loadings=pd.DataFrame(
            np.vstack([own, loadings])[:, :-1],
            index=pd.Index([*design.donors, *design.units], name="unit"),
            columns=names,
        ),
        cross_validation=table,
        event_study=study,
        draws=averages,
        cohorts=drawn_cohorts(design, gaps, drawn),
    )


def _number_of_factors(design: Design, options: InteractiveOptions) -> tuple[int, pd.DataFrame | None]:
    """The number asked for, or that of the least error among those that leave ``LEFT`` periods and a donor to judge."""
    able = min(int(design.starts.min()) - 1 - LEFT, len(design.donors) - 2, len(design.times) - 2)
    if options.factors is not None:
        if options.factors > able:
            raise BadInputError(
                f"factors {options.factors}: {int(design.starts.min())} periods before the event and "
                f"{len(design.donors)} donors allow for {max(able, 0)} at most"
            )
        return options.factors, None
    errors = prediction_errors(design.control, design.treated, design.starts, max(min(options.most_factors, able), 0))
    return int(errors.argmin()), pd.DataFrame({"factors": range(len(errors)), "error": errors})


def _prediction_draws(design: Design, count: int, draws: int, seed: int) -> Array:
    """(B, N1, T) errors of prediction: a donor in each treated unit's place, the others drawn with replacement. Before
    the event they are residuals of a fit, which are too small by the leverage of their period."""
    rng = np.random.default_rng([seed, 1])
    number = len(design.donors)
    out = np.empty((draws, len(design.units), len(design.times)))
    for b in range(draws):
        chosen = rng.integers(number, size=len(design.units))
        for i, (donor, start) in enumerate(zip(chosen, design.starts, strict=True)):
            rest = np.delete(np.arange(number), donor)
            found = components(design.control[rng.choice(rest, size=len(rest))], count)
            path, _ = counterfactuals(found, design.control[[donor]], design.starts[[i]])
            out[b, i] = design.control[donor] - path[0]
            out[b, i, :start] /= np.sqrt(_left_over(found.basis[:start]))
    return out


def _left_over(basis: Array) -> Array:
    """(n,) one less the leverage of each row in least squares on ``basis`` (n, k)."""
    q = np.linalg.qr(basis)[0]
    left: Array = np.maximum(1.0 - (q**2).sum(axis=1), 1e-8)
    return left


def _bootstrap(design: Design, found: Components, paths: Array, count: int, errors: Array, seed: int) -> Array:
    """(B, N1, T) gaps of samples without an effect: fitted donors plus residuals of donors drawn with replacement,
    counterfactuals plus errors of prediction, all fitted anew."""
    rng = np.random.default_rng([seed, 2])
    fitted = counterfactuals(found, design.control, np.full(len(design.control), len(design.times)))[0]
    residuals = design.control - fitted
    out = np.empty(errors.shape)
    for b in range(len(errors)):
        control = fitted + residuals[rng.integers(len(residuals), size=len(residuals))]
        treated = paths + errors[b]
        out[b] = treated - counterfactuals(components(control, count), treated, design.starts)[0]
    return out


def _residual_deviation(design: Design, found: Components) -> float:
    """Standard deviation of what the two-way effects leave of the donors: the measure of the equivalence test."""
    rest = design.control - found.means
    rest = rest - rest.mean(axis=1, keepdims=True)
    return float(rest.std())


def _by_event_time(design: Design, cells: Array, k: int) -> Array:
    """(..., n) cells of the treated units in the ``k``-th period from the event; the last axes are (N1, T)."""
    has = [(i, int(s) + k) for i, s in enumerate(design.starts) if 0 <= s + k < len(design.times)]
    rows, columns = (np.array(side) for side in zip(*has, strict=True))
    return np.asarray(cells[..., rows, columns])


def _study(design: Design, gaps: Array, drawn: Array, quantile: float, limit: float) -> pd.DataFrame:
    rows = []
    for k in range(-int(design.starts.max()), len(design.times) - int(design.starts.min())):
        actual = _by_event_time(design, gaps, k)
        value = float(actual.mean())
        se = float(_by_event_time(design, drawn, k).mean(axis=-1).std())
        p = float(2 * norm.sf(abs(value) / se)) if se > 0 else float("nan")
        equal = float(norm.sf((limit - abs(value)) / se)) if se > 0 else float(abs(value) >= limit)
        rows.append(
            (k, len(actual), value, value - quantile * se, value + quantile * se, p, equal if k < 0 else np.nan)
        )
    return pd.DataFrame(rows, columns=["relative", "units", "estimate", "lower", "upper", "p", "equivalence_p"])


def _leads_check(study: pd.DataFrame, drawn: Array, design: Design, level: float) -> Check:
    """The gaps before the event in standard errors, their mean square among that of the samples without an effect."""
    before = [int(k) for k in study["relative"] if k < 0]
    values = study.set_index("relative")["estimate"].loc[before].to_numpy(dtype=np.float64)
    draws = np.array([_by_event_time(design, drawn, k).mean(axis=-1) for k in before]).T
    errors = np.maximum(draws.std(axis=0), 1e-12 * float(np.abs(design.outcomes).max()))
    statistic = float(((values / errors) ** 2).mean())
    among = ((draws / errors) ** 2).mean(axis=1)
    p, alpha = float((1 + (among >= statistic).sum()) / (1 + len(among))), 1 - level
    text = (
        f"all gaps before the event tested jointly: mean square {format_number(statistic)} in standard errors, "
        f"{format_p_equals(p)} by the bootstrap; fails at p <= {alpha:.2f}"
    )
    return Check(LEADS, p > alpha, p, alpha, text, role="fatal")


def _placebo_checks(design: Design, count: int, draws: int, seed: int, limit: float, level: float) -> list[Check]:
    """The last periods before the event hidden from the fit: their average gap, tested against zero and against a
    size that matters."""
    alpha = 1 - level
    if int(design.starts.min()) - HIDDEN < count + 1 + LEFT:
        text = f"fewer than {count + 1 + LEFT + HIDDEN} periods before the event: none can be hidden"
        return [Check("placebo test", None, None, None, text)]
    last = int(design.starts.max())
    hidden = replace(design, starts=design.starts - HIDDEN, times=design.times[:last])
    hidden = replace(hidden, control=design.control[:, :last], treated=design.treated[:, :last])
    found = components(hidden.control, count)
    paths, _ = counterfactuals(found, hidden.treated, hidden.starts)
    gaps = hidden.treated - paths
    errors = _prediction_draws(hidden, count, draws, seed)
    drawn = _bootstrap(hidden, found, paths, count, errors, seed)
    cells = np.array([(np.arange(last) >= s) & (np.arange(last) < s + HIDDEN) for s in hidden.starts])
    value, se = float(gaps[cells].mean()), float(drawn[:, cells].mean(axis=1).std())
    p = float(2 * norm.sf(abs(value) / se))
    equal = float(norm.sf((limit - abs(value)) / se))
    placebo_test_text = (
        f"average gap {format_number(value, signed=True)} in the {HIDDEN} periods before the event when they are "
        f"hidden from the fit, {format_p_equals(p)}; fails at p <= {alpha:.2f}"
    )
    equivalence_text = (
        f"that gap is smaller in size than {format_number(limit)} ({EQUIVALENT:g} standard deviations of the "
        f"donors' residuals): {format_p_equals(equal)}; fails above {alpha:.2f}"
    )
    return [
        Check("placebo test", p > alpha, p, alpha, placebo_test_text),
        Check("equivalence", equal <= alpha, equal, alpha, equivalence_text),
    ]


def _loadings_check(design: Design, found: Components, loadings: Array, count: int) -> Check:
    """Fails when a treated unit's loading lies outside the range of the donors': the factors are then extrapolated."""
    if not count:
        return Check("loadings", None, None, None, "no factors: two-way effects")
    own = counterfactuals(found, design.control, np.full(len(design.control), len(design.times)))[1][:, :-1]
    mine = loadings[:, :-1]
    inside = ((mine >= own.min(axis=0)) & (mine <= own.max(axis=0))).all(axis=1)
    share = float(inside.mean())
    outside = [name for name, good in zip(design.units, inside, strict=True) if not good]
    named = f" (not {', '.join(outside[:6])})" if outside else ""
    text = (
        f"loadings of {int(inside.sum())} of {len(inside)} treated units lie within the range of the donors'{named}; "
        "fails if one does not"
    )
    return Check("loadings", share == 1.0, share, 1.0, text)
