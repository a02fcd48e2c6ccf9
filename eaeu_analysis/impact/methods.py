"""Estimators by the name a person types; each is one call with the same first arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .. import settings
from ..errors import BadInputError, unknown
from .options import (
    AugmentedOptions,
    EffectOptions,
    Gaps,
    InteractiveOptions,
    InterruptedSeriesOptions,
    MatrixCompletionOptions,
    SyntheticControlOptions,
    SyntheticDidOptions,
)

if TYPE_CHECKING:
    from ..data.panel import Panel
    from .effect import Effect


@dataclass(frozen=True)
class Method:
    """An estimator with the options its name stands for."""

    name: str
    label: str
    module: str
    function: str
    options: EffectOptions
    arguments: tuple[tuple[str, Any], ...] = ()

    def __call__(
        self,
        panel: Panel,
        outcome: str,
        unit: str,
        event: object,
        donors: Iterable[str] | str | None = None,
        *,
        level: float = settings.LEVEL,
        gaps: Gaps = "drop",
        quick: bool = False,
        most_donors: int | None = None,
        **more: Any,
    ) -> Effect:
        """The effect by this method; ``level``, ``gaps`` and ``most_donors`` go into its options, ``more`` are
        arguments of its own. ``quick`` leaves out the refits of synthetic control's checks."""
        call: Callable[..., Effect] = getattr(import_module(f".estimators.{self.module}", __package__), self.function)
        options = replace(self.options, level=level, gaps=gaps)
        if isinstance(options, SyntheticControlOptions):
            options = replace(options, checks=not quick, most_donors=most_donors)
        elif most_donors is not None:
            raise BadInputError(f"method '{self.name}' has no largest number of donors; use 'sc' or 'sc-demeaned'")
        return call(panel, outcome, unit, event, donors, options=options, **{**dict(self.arguments), **more})


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "sc",
            "synthetic control",
            "synthetic",
            "synthetic_control",
            SyntheticControlOptions(intercept=False),
        ),
        Method(
            "sc-demeaned",
            "synthetic control with intercept",
            "synthetic",
            "synthetic_control",
            SyntheticControlOptions(intercept=True),
        ),
        Method(
            "augmented", "augmented synthetic control", "augmented", "augmented_synthetic_control", AugmentedOptions()
        ),
        Method("sdid", "synthetic difference-in-differences", "synthetic_did", "synthetic_did", SyntheticDidOptions()),
        Method(
            "difp",
            "de-meaned synthetic control (DIFP)",
            "synthetic_did",
            "synthetic_did",
            SyntheticDidOptions(),
            (("method", "difp"),),
        ),
        Method(
            "did",
            "difference-in-differences",
            "difference_in_differences",
            "difference_in_differences",
            EffectOptions(),
        ),
        Method(
            "ife",
            "interactive fixed effects",
            "interactive_fixed_effects",
            "interactive_fixed_effects",
            InteractiveOptions(),
        ),
        Method("mc", "matrix completion", "matrix_completion", "matrix_completion", MatrixCompletionOptions()),
        Method(
            "interrupted_series",
            "interrupted series, structural",
            "interrupted_series",
            "interrupted_series",
            InterruptedSeriesOptions(),
        ),
        Method(
            "segmented",
            "interrupted series, segmented",
            "interrupted_series",
            "interrupted_series",
            InterruptedSeriesOptions(),
            (("method", "segmented"),),
        ),
    )
}


def find_method(name: str) -> Method:
    """The estimator of that name; BadInputError with the near match."""
    found = METHODS.get(str(name).strip().casefold())
    if found is None:
        raise unknown("method", name, METHODS, {n: m.label for n, m in METHODS.items()})
    return found
