# Deviations from clauses that are permitted: waivers that are in force by the clock of whoever evaluates this.
#
# Input: {"clause": "STD-004.3", "standard": "STD-004", "service": "payments", "environment": "production"};
# `standard` finds waivers of the whole standard, a waiver without an environment is for all of them.
package archway

import rego.v1

default allowed := false

default waived := false

# The ids of the waivers that cover the input.
covering contains waiver.id if {
	some waiver in data.archway.waivers
	in_force(waiver)
	same(waiver.service, input.service)
	of_clause(waiver)
	of_environment(waiver)
}

waived if count(covering) > 0

allowed if waived

# `starts` and `ends` are seconds since 1970; `ends` is 24:00 of the day `until`, in the calendar's zone.
in_force(waiver) if {
	now := time.now_ns()
	waiver.starts * 1000000000 <= now
	now < waiver.ends * 1000000000
}

of_clause(waiver) if waiver.clause == input.clause

of_clause(waiver) if {
	waiver.clause == null
	waiver.standard == input.standard
}

of_environment(waiver) if waiver.environment == ""

of_environment(waiver) if same(waiver.environment, input.environment)

same(one, other) if lower(one) == lower(other)
