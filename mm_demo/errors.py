"""The one exception that is meant for a person: a key and the facts of the sentence it stands for."""

from __future__ import annotations


class UserError(Exception):
    """A mistake that the person can mend.

    `key` names a sentence in the word files (`image.too_many_pixels`), `facts` fill its placeholders.
    The page shows it in the visitor's language, the command line prints it and exits with 2, the API
    returns it. Anything else that is raised is a bug.
    """

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts

    def without_paths(self) -> UserError:
        """The same mistake with a folder's name where its path stood: a page shows no server path."""
        facts = dict(self.facts)
        if "folder" in facts:
            facts["folder"] = str(facts["folder"]).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        return UserError(self.key, **facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.key}({facts})"
