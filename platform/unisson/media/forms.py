"""The form of an image: what was typed stays as typed, whatever is wrong with it."""

from wtforms import StringField

from tenants.errors import RefusedError
from unisson.media.library import Details
from unisson.media.models import Media
from unisson.strategy.forms import day
from unisson.web.forms import LineField, VersionForm
from unisson.web.i18n import lazy

NO_DAY = lazy("This is not a day. Choose one, or leave it empty.")


class ImageForm(VersionForm):
    """An image, as its page shows it."""

    alt_fr = LineField(lazy("Description in French"))
    alt_en = LineField(lazy("Description in English"))
    credit = LineField(lazy("Credit"))
    rights_holder = LineField(lazy("Rights holder"))
    rights_until = StringField(lazy("Last day of the rights"))
    folder = LineField(lazy("Folder"))
    tags = LineField(lazy("Tags"))

    def details(self) -> Details:
        """Return what was typed. Raises RefusedError for what is no day."""
        until = day(self.rights_until.data)
        if until is None and (self.rights_until.data or "").strip():
            raise RefusedError(NO_DAY, field="rights_until")
        tags = [tag.strip() for tag in (self.tags.data or "").split(",")]
        return Details(
            alt_fr=self.alt_fr.data or "",
            alt_en=self.alt_en.data or "",
            credit=self.credit.data or "",
            rights_holder=self.rights_holder.data or "",
            rights_until=until,
            folder=self.folder.data or "",
            tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        )

    def show(self, media: Media) -> None:
        """Fill the fields from what is stored."""
        self.alt_fr.data, self.alt_en.data, self.credit.data = media.alt_fr, media.alt_en, media.credit
        self.rights_holder.data, self.folder.data = media.rights_holder, media.folder
        self.rights_until.data = media.rights_until.isoformat() if media.rights_until else ""
        self.tags.data, self.version.data = ", ".join(media.tags), str(media.version)
