"""Distributions of parameter uncertainty, and the separate description of spread between patients.

The two never share a field: a distribution here says how well the one true population value is
known and is drawn once per parameter draw; :class:`BetweenPatient` says how patients differ and
is drawn once per patient, by other code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def freeze(value: Any) -> Any:
    """Return `value` with mappings made read-only and lists made tuples."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    return value


Centre = Literal["mean", "median", "mode"]
Numbers = Annotated[Mapping[str, float], AfterValidator(freeze)]
Positive = Annotated[float, Field(gt=0)]


class Strict(BaseModel):
    """Frozen; unknown keys, infinities and silent conversions are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Fixed(Strict):
    """No uncertainty: a convention, a fitted constant or a value varied only by scenario."""

    kind: Literal["fixed"]


class Uncertain(Strict):
    """A distribution of one number.

    Attributes
    ----------
    centre
        Which of its statistics the stated value of the parameter is.
    interval_95
        Central 95% interval it was chosen to give, in the parameter's unit, where one is known.
    """

    centre: Centre
    interval_95: tuple[float, float] | None = None

    @model_validator(mode="before")
    @classmethod
    def _interval_as_tuple(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and isinstance(data.get("interval_95"), list):
            return {**data, "interval_95": tuple(data["interval_95"])}
        return data


class Normal(Uncertain):
    """Normal with `mean` and standard deviation `sd`."""

    kind: Literal["normal"]
    mean: float
    sd: Positive

    def statistics(self) -> dict[str, float]:
        """Return mean, median and mode."""
        return {"mean": self.mean, "median": self.mean, "mode": self.mean}

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        from scipy.special import ndtri

        return self.mean + self.sd * float(ndtri(uniform))


class Lognormal(Uncertain):
    """Log-normal; `mu` and `sigma` are mean and SD of the natural logarithm."""

    kind: Literal["lognormal"]
    mu: float
    sigma: Positive

    def statistics(self) -> dict[str, float]:
        """Return mean, median and mode."""
        half = self.sigma * self.sigma / 2
        logs = {"mean": self.mu + half, "median": self.mu, "mode": self.mu - 2 * half}
        return {name: math.exp(log) for name, log in logs.items()}

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        from scipy.special import ndtri

        return math.exp(self.mu + self.sigma * float(ndtri(uniform)))


class Beta(Uncertain):
    """Beta with shape parameters `a` and `b`."""

    kind: Literal["beta"]
    a: Positive
    b: Positive

    def statistics(self) -> dict[str, float]:
        """Return mean and median, and the mode where there is one inside (0, 1)."""
        found = {"mean": self.a / (self.a + self.b), "median": self.quantile(0.5)}
        if self.a > 1 and self.b > 1:
            found["mode"] = (self.a - 1) / (self.a + self.b - 2)
        return found

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        from scipy.special import betaincinv

        return float(betaincinv(self.a, self.b, uniform))


class HalfNormal(Uncertain):
    """Absolute value of a normal around 0 with standard deviation `scale`."""

    kind: Literal["half_normal"]
    scale: Positive

    def statistics(self) -> dict[str, float]:
        """Return mean, median and mode."""
        mean = self.scale * math.sqrt(2 / math.pi)
        return {"mean": mean, "median": self.quantile(0.5), "mode": 0.0}

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        from scipy.special import erfinv

        return self.scale * math.sqrt(2) * float(erfinv(uniform))


class Gamma(Uncertain):
    """Gamma with `shape` and `scale`; the mean is their product."""

    kind: Literal["gamma"]
    shape: Positive
    scale: Positive

    def statistics(self) -> dict[str, float]:
        """Return mean, median and mode."""
        mode = max(0.0, self.shape - 1) * self.scale
        return {"mean": self.shape * self.scale, "median": self.quantile(0.5), "mode": mode}

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        from scipy.special import gammaincinv

        return self.scale * float(gammaincinv(self.shape, uniform))


class Uniform(Uncertain):
    """Uniform between `low` and `high`."""

    kind: Literal["uniform"]
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        return self

    def statistics(self) -> dict[str, float]:
        """Return mean and median; there is no single mode."""
        middle = (self.low + self.high) / 2
        return {"mean": middle, "median": middle}

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        return self.low + uniform * (self.high - self.low)


class Triangular(Uncertain):
    """Triangular between `low` and `high` with its peak at `mode`."""

    kind: Literal["triangular"]
    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise ValueError("low, mode and high must be in order")
        return self

    def statistics(self) -> dict[str, float]:
        """Return mean, median and mode."""
        mean = (self.low + self.mode + self.high) / 3
        return {"mean": mean, "median": self.quantile(0.5), "mode": self.mode}

    def quantile(self, uniform: float) -> float:
        """Return the value below which the share `uniform` lies."""
        width, rise = self.high - self.low, self.mode - self.low
        if uniform * width < rise:
            return self.low + math.sqrt(uniform * width * rise)
        return self.high - math.sqrt((1 - uniform) * width * (self.high - self.mode))


class Dirichlet(Strict):
    """Dirichlet over named shares; the stated shares are its means."""

    kind: Literal["dirichlet"]
    alphas: Numbers
    centre: Literal["mean"]

    @model_validator(mode="after")
    def _positive(self) -> Dirichlet:
        if len(self.alphas) < 2 or any(alpha <= 0 for alpha in self.alphas.values()):
            raise ValueError("a dirichlet needs at least two alphas, all above 0")
        return self

    def means(self) -> dict[str, float]:
        """Return the mean share of each name."""
        total = math.fsum(self.alphas.values())
        return {name: alpha / total for name, alpha in self.alphas.items()}

    def quantiles(self, uniforms: tuple[float, ...]) -> dict[str, float]:
        """Return one share for each name, from one uniform for each; they sum to 1."""
        from scipy.special import gammaincinv

        drawn = [
            float(gammaincinv(alpha, uniform))
            for alpha, uniform in zip(self.alphas.values(), uniforms, strict=True)
        ]
        total = math.fsum(drawn)
        return {name: part / total for name, part in zip(self.alphas, drawn, strict=True)}


OneNumber = Normal | HalfNormal | Lognormal | Beta | Gamma | Uniform | Triangular
Distribution = Annotated[
    Fixed | Normal | HalfNormal | Lognormal | Beta | Gamma | Uniform | Triangular | Dirichlet,
    Field(discriminator="kind"),
]


class BetweenPatient(Strict):
    """How patients differ around the population value.

    Attributes
    ----------
    kind
        Form of the distribution over patients.
    spread
        Its width: SD for normal kinds and beta, SD of the logarithm for lognormal, coefficient of
        variation for gamma, dispersion for negative_binomial; a number, the id of the parameter
        that holds it, or one number for each name of a mapping. None for bernoulli and
        categorical, whose value says it all.
    centre
        Which statistic over patients the parameter's value is.
    low, high
        Limits of a truncated normal.
    """

    kind: Literal[
        "bernoulli",
        "beta",
        "categorical",
        "gamma",
        "lognormal",
        "negative_binomial",
        "normal",
        "truncated_normal",
    ]
    spread: float | str | Numbers | None = None
    centre: Literal["mean", "median"] | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _complete(self) -> BetweenPatient:
        told_by_value = self.kind in ("bernoulli", "categorical")
        if told_by_value != (self.spread is None) or told_by_value != (self.centre is None):
            raise ValueError(f"{self.kind} between patients needs spread and centre, or neither")
        limits = [limit for limit in (self.low, self.high) if limit is not None]
        if len(limits) != (2 if self.kind == "truncated_normal" else 0):
            raise ValueError("low and high belong to a truncated normal, both of them")
        return self
