"""The rules of the reference engine, one module for each clinical concept.

Each module holds one small class that :class:`pathways.model.patient.PatientAgent` or
:class:`pathways.model.clinic.ClinicAgent` is composed of. The rules are those of docs/model.md, in
plain Python on floats and integers and in the order in which the text states them, so that the
compiled engine gives the same bits.

========================  =====================================================================
`referral`                entering the pathway, dated changes of the rules
`natural_history`         death, flare, recovery and relapse
`coming_and_going`        patients who stop, are lost, leave a waiting list, come back
`symptoms`                decay of effects, pain of the day, diary and questionnaire scores
`ketamine`                an administration, the immediate effect, the dose entering the body
`response`                baselines, criteria, the judgement, relief that is due to the drug
`treatment`               assessment, the rule for stopping, the end of treatment
`limits`                  caps, planned pauses, when a course may start
`requests`                asking for courses, first visits and therapies, and having them
`outside`                 infusions bought elsewhere
`protocol`                courses on fixed days, as in a trial
`observation`             what is seen of a patient on chosen days
`therapies`               the programme of therapies beside the infusions
`harms`                   acute and chronic harms, monitoring tests
`exposure`                ketamine of the last weeks, and how excess hazards depend on it
`money`                   costs by payer, and what a patient can afford
`books`                   quality-adjusted life years, results, the event log and the trace
========================  =====================================================================

========================  =====================================================================
`resources`               what a clinic has: opening days, chairs, beds, slots
`queues`                  who comes first on a waiting list
`booking`                 courses in chairs and beds, no-shows, cancellations
`appointments`            first visits, places in the programme
`weekly`                  sums over the clinic's patients on Sundays
========================  =====================================================================

`arithmetic`, `draws` and `rule_set` are what they share.
"""
