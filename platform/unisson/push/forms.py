"""What a browser sends of itself."""

from wtforms import HiddenField

from unisson.web.forms import Form


class SubscriptionForm(Form):
    """A subscription, as the page's script took it from the browser (W3C Push API, `PushSubscription.toJSON`)."""

    endpoint = HiddenField()
    p256dh = HiddenField()
    auth = HiddenField()
