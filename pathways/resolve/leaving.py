"""Patients who leave, are lost, come back or buy elsewhere, as the engines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathways.resolve.stated import StatedValues

DAYS_PER_YEAR = 365.0
NOTHING = -1
SHORTEST = 1


def leaving_fields(stated: StatedValues) -> dict[str, Any]:
    """Return the fields of patients who leave, are lost and come back.

    Parameters
    ----------
    stated : StatedValues

    Returns
    -------
    dict
        By field of ``layout.PARAMETERS``; rates a year become hazards a day by division by 365.
    """
    again = stated.policy.exit.re_referral
    return {
        "waiting_leave_hazard_per_day": stated.exit_rate("leave_waiting_list") / DAYS_PER_YEAR,
        "lost_hazard_per_day": stated.exit_rate("lost_to_follow_up") / DAYS_PER_YEAR,
        "rereferral_hazard_per_day": stated.re_referrals_per_year() / DAYS_PER_YEAR,
        "rereferral_after_days": 0 if again is None else again.wait_at_least,
    }


def outside_fields(stated: StatedValues) -> dict[str, Any]:
    """Return the fields of infusions bought elsewhere, without their price.

    Parameters
    ----------
    stated : StatedValues

    Returns
    -------
    dict
        By field of ``layout.PARAMETERS``. The regimen stands behind those of the policy.
    """
    option = stated.policy.outside_option
    if option is None:
        return {
            "outside_step": NOTHING,
            "outside_delay_days": SHORTEST,
            "outside_interval_days": SHORTEST,
        }
    return {
        "outside_share": stated.outside("share"),
        "outside_step": len(stated.policy.regimens),
        "outside_delay_days": option.first_after,
        "outside_interval_days": option.interval,
        "outside_stop_hazard_per_day": stated.outside("stop_rate") / DAYS_PER_YEAR,
    }
