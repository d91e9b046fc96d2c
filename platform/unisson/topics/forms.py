"""The form of a topic: what was typed stays as typed, whatever is wrong with it."""

import uuid

from wtforms import SelectField

from unisson.topics.models import Topic
from unisson.topics.planning import Plan
from unisson.web.forms import LineField, TextField, VersionForm
from unisson.web.i18n import lazy


class TopicForm(VersionForm):
    """A topic, as the page shows it."""

    title = LineField(lazy("Title"))
    objective = TextField(lazy("Objective"))
    key_messages = TextField(lazy("Key messages"))
    audience = TextField(lazy("Audience"))
    cm_lead_id = SelectField(lazy("Led by, for the community managers"), validate_choice=False)
    rp_lead_id = SelectField(lazy("Led by, for press relations"), validate_choice=False)

    def plan(self) -> Plan:
        """Return what was typed."""
        return Plan(
            title=self.title.data or "",
            objective=self.objective.data or "",
            key_messages=self.key_messages.data or "",
            audience=self.audience.data or "",
            cm_lead_id=_id(self.cm_lead_id.data),
            rp_lead_id=_id(self.rp_lead_id.data),
        )

    def show(self, topic: Topic) -> None:
        """Fill the fields from what is stored."""
        self.title.data, self.objective.data = topic.title, topic.objective
        self.key_messages.data, self.audience.data = topic.key_messages, topic.audience
        self.cm_lead_id.data, self.rp_lead_id.data = str(topic.cm_lead_id or ""), str(topic.rp_lead_id or "")
        self.version.data = str(topic.version)


def _id(typed: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(typed))
    except ValueError:
        return None
