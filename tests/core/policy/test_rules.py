"""policy.rules: a rule that is not as at the last start is a row of the audit, once; ids do not stay."""

from __future__ import annotations

from core.policy import rules
from core.settings import Settings
from core.store import audit, facts, notices
from tests.core.fakes import store


def test_a_changed_rule_is_written_down_once():
    """At the first start, too, where it is not the usual one."""
    strict = Settings(access_deny=("slack:U1",), limit_open=0)
    with store() as tx:
        assert notices.first(tx, "slack:U1", "LIMIT_OPEN", 0.0, 9.0)
        for now, settings in enumerate((strict, strict, Settings(), Settings())):
            rules.settle(tx, settings, float(now))
            assert "U1" not in str(facts.find(tx, rules.FACT))
        assert notices.first(tx, "slack:U1", "LIMIT_OPEN", 3.0, 9.0)  # another limit than they were told of
        found = [(one.at, one.actor, one.action, one.object) for one in audit.newest(tx, 99)]
    deny, open = ("operator", "rules.update", "ACCESS_DENY"), ("operator", "limits.update", "LIMIT_OPEN")
    assert {(0.0, *deny), (0.0, *open), (2.0, *deny), (2.0, *open)} == {*found}
    assert 4 == len(found)
