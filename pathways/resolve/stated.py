"""Values that policies and clinics give themselves, in one parameter draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.errors import ValueProblem
from pathways.resolve.overrides import UniformAt, settled
from pathways.scenario.shared import placed

if TYPE_CHECKING:
    from pathways.reading.fields import Parameter
    from pathways.resolve.inputs import EvidenceValues
    from pathways.resolve.sections import Sections
    from pathways.scenario.clinics import Clinic


class StatedValues:
    """Settles what one rule set's sections give themselves.

    A value is addressed by the place it has in any policy or clinic, so that a dated change that
    does not touch it leaves its draw as it was.

    Parameters
    ----------
    sections : Sections
    values : EvidenceValues
        What the run takes from the evidence; a reference to one of these gives that.
    draw : int
    uniform_at : callable
    """

    def __init__(
        self, sections: Sections, values: EvidenceValues, draw: int, uniform_at: UniformAt
    ) -> None:
        self.sections = sections
        self.policy = sections.policy
        self.values = values
        self.draw = draw
        self.uniform_at = uniform_at

    def adherence(self) -> float:
        """Return the probability that a failed judgement is acted on."""
        given = self.policy.exit.adherence_to_rule
        return self._of_policy(given, "adherence_to_rule", ("exit", "adherence_to_rule"))

    def choices_per_year(self) -> float:
        """Return the baseline rate of patients who stop of their own accord."""
        choice = self.policy.exit.patient_choice
        if choice is None:
            return 0.0
        within = ("exit", "patient_choice", "baseline_rate")
        return self._of_policy(choice.baseline_rate, "patient_choice.baseline_rate", within)

    def therapy_effects(self) -> list[float]:
        """Return the effect of each therapy of the policy's own, 0 for the others."""
        programme = self.policy.programme
        effects = []
        for index, therapy in enumerate(() if programme is None else programme.therapies):
            if therapy.effect is None:
                effects.append(0.0)
                continue
            name = f"programme.therapies.{index}.effect"
            within = ("programme", "therapies", index, "effect")
            effects.append(self._of_policy(therapy.effect, name, within))
        return effects

    def exit_rate(self, name: str) -> float:
        """Return a yearly rate of the section ``exit``, 0 where it is not given."""
        given = getattr(self.policy.exit, name)
        return 0.0 if given is None else self._of_policy(given, f"exit.{name}", ("exit", name))

    def re_referrals_per_year(self) -> float:
        """Return the rate of further referrals, 0 where nobody comes back."""
        given = self.policy.exit.re_referral
        if given is None:
            return 0.0
        return self._of_policy(given.rate, "exit.re_referral.rate", ("exit", "re_referral", "rate"))

    def outside(self, name: str) -> float:
        """Return a value of the section ``outside_option``, 0 where nothing is bought."""
        option = self.policy.outside_option
        if option is None:
            return 0.0
        within = ("outside_option", name)
        return self._of_policy(getattr(option, name), f"outside_option.{name}", within)

    def of_clinic(self, clinic: Clinic, position: int, name: str) -> float:
        """Return a value of a clinic, the one at `position` of the section."""
        within = (*self.sections.within, "clinics", position, name)
        given, address = getattr(clinic, name), f"clinics.{clinic.name}.{name}"
        return self._settled(given, address, within)

    def _of_policy(self, given: Parameter, name: str, within: tuple[str | int, ...]) -> float:
        return self._settled(given, name, (*self.sections.within, "policy", *within))

    def _settled(self, given: Parameter, name: str, within: tuple[str | int, ...]) -> float:
        try:
            return settled(given, name, self.draw, self.uniform_at, self.values)
        except ValueProblem as found:
            raise placed(found, within) from None
