"""Estimators by the name a person types; each is one call with the same first arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    """An estimator, by module and function of :mod:`.estimators`, with the options that its name stands for."""

    name: str
    label: str
    path: str
    options: EffectOptions
    arguments: Mapping[str, Any] = field(default_factory=dict)

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
        module, _, function = self.path.partition(".")
        call: Callable[..., Effect] = getattr(import_module(f".estimators.{module}", __package__), function)
        options = replace(self.options, level=level, gaps=gaps)
        if isinstance(options, SyntheticControlOptions):
            options = replace(options, checks=not quick, most_donors=most_donors)
        elif most_donors is not None:
            raise BadInputError(f"method '{self.name}' has no largest number of donors; use 'sc' or 'sc-demeaned'")
        return call(panel, outcome, unit, event, donors, options=options, **{**self.arguments, **more})


_INTERRUPTED = "interrupted_series.interrupted_series"
METHODS: dict[str, Method] = {
    name: Method(name, label, call, options, more)
    for name, label, call, options, more in (
        ("sc", "synthetic control", "synthetic.synthetic_control", SyntheticControlOptions(intercept=False), {}),
        ("sc-demeaned", "synthetic control with intercept", "synthetic.synthetic_control",
         SyntheticControlOptions(intercept=True), {}),
        ("augmented", "augmented synthetic control", "augmented.augmented_synthetic_control", AugmentedOptions(), {}),
        ("sdid", "synthetic difference-in-differences", "synthetic_did.synthetic_did", SyntheticDidOptions(), {}),
        ("difp", "de-meaned synthetic control (DIFP)", "synthetic_did.synthetic_did", SyntheticDidOptions(),
         {"method": "difp"}),
        ("did", "difference-in-differences", "difference_in_differences.difference_in_differences",
         EffectOptions(), {}),
        ("ife", "interactive fixed effects", "interactive_fixed_effects.interactive_fixed_effects",
         InteractiveOptions(), {}),
        ("mc", "matrix completion", "matrix_completion.matrix_completion", MatrixCompletionOptions(), {}),
        ("interrupted_series", "interrupted series, structural", _INTERRUPTED, InterruptedSeriesOptions(), {}),
        ("segmented", "interrupted series, segmented", _INTERRUPTED, InterruptedSeriesOptions(),
         {"method": "segmented"}),
    )
}  # fmt: skip


def find_method(name: str) -> Method:
    """The estimator of that name; BadInputError with the near match."""
    found = METHODS.get(str(name).strip().casefold())
    if found is None:
        raise unknown("method", name, METHODS, {n: m.label for n, m in METHODS.items()})
    return found
