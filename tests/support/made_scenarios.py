"""Scenarios made for what scenarios drawn at random rarely reach."""

from __future__ import annotations

CAPPED = {
    "extends": "guideline-2018",
    "scenario": "capped",
    "policy": {"limits": {"lifetime_dose": "100 mg"}, "exit": {"adherence_to_rule": 0.0}},
}
"""A dose cap."""

COMES_AND_GOES = {
    "extends": "guideline-2018",
    "scenario": "comes-and-goes",
    "parameters": {"recovery_rate": "1 1/year", "relapse_rate_after_recovery": "1 1/year"},
    "policy": {
        "ladder": {"tries_per_step": 2},
        "programme": {
            "starts_after": "14 d",
            "therapies": [{"family": "activity"}, {"family": "behavioural"}],
        },
        "limits": {"courses_per_year": 2, "rest": {"after_courses": 2, "length": "60 d"}},
        "exit": {
            "adherence_to_rule": 0.2,
            "lost_to_follow_up": "0.6 per year",
            "re_referral": {"rate": "1 per year"},
            "patient_choice": {"baseline_rate": "0.3 per year", "no_benefit": 2},
        },
        "outside_option": {
            "share": 1,
            "regimen": {"form": "racemic", "dose": "0.5 mg/kg", "duration": "1 h"},
            "first_after": "14 d",
            "interval": "28 d",
            "stop_rate": "2 per year",
        },
    },
}
"""Recovery and relapse, second tries, rests, those lost, those who choose, infusions elsewhere."""

COMES_AND_GOES_IN_A_QUEUE = {
    **COMES_AND_GOES,
    "scenario": "comes-and-goes-in-a-queue",
    "referrals": {"cohort_load": True},
    "clinics": [
        {
            "name": "Town",
            "chairs": 2,
            "nurses": 1,
            "open": {"days": ["monday"], "minutes": "8 h"},
            "assessment_slots_per_week": 10,
            "therapy_slots_per_week": 8,
            "queue": "highest_pain",
        }
    ],
}
"""The same where patients wait for a chair and for a place in the programme."""

BUDGETS = {
    "extends": "cash-clinic",
    "scenario": "budgets",
    "policy": {"payment": {"payer": "patient", "stops_at_budget": True}},
}
"""Patients whose yearly budget does not pay for the next course."""
