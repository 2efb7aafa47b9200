"""policy.rules: a rule that is not as at the last start is a row of the audit, once; ids do not stay."""

from __future__ import annotations

from core.policy import rules
from core.settings import Settings
from core.store import audit, facts
from tests.core.fakes import store


def test_a_changed_rule_is_written_down_once():
    strict = Settings(access_deny=("slack:U1",), limit_open=0, access_bots=("slack:B1",))
    found = []
    with store() as tx:
        for now, settings in enumerate((Settings(), strict, strict, Settings(limit_open=0))):
            rules.settle(tx, settings, float(now))
            if settings is strict:
                kept = str(facts.find(tx, rules.FACT))
        found = [(one.at, one.actor, one.action, one.object) for one in audit.newest(tx, 99)]
    deny, bots, open = "ACCESS_DENY", "ACCESS_BOTS", "LIMIT_OPEN"
    assert {(1.0, "operator", "rules.update", deny), (1.0, "operator", "limits.update", open)} <= {*found}
    assert {(3.0, "operator", "rules.update", deny), (3.0, "operator", "rules.update", bots)} <= {*found}
    assert 5 == len(found)
    assert "U1" not in kept


def test_at_the_first_start_what_is_not_usual_is_written_down():
    with store() as tx:
        rules.settle(tx, Settings(admins=("U1",)), 1.0)
        assert ["ADMINS"] == [one.object for one in audit.newest(tx, 9)]
