"""Why a page that came whole gave no article: the codes of `rejects` that reading the archive again may mend."""

from __future__ import annotations

# In the order of the README's table, which says what to do about each. Refusals of the fetch room (gone, too large, not
# HTML) are not among them: the archive holds no page for those.
READING = {
    "not_an_article": "a list of links, or no sentence at all",
    "search_page": "the results of a search on the site",
    "video_only": "a player with next to no text",
    "gallery": "pictures with next to no text",
    "error_page": "the site's error page, sent as if all were well",
    "bot_check": "a check whether a person asks",
    "consent_wall": "only a question about consent",
    "login_wall": "only a request to sign in",
    "paywall_only": "an offer of a subscription without even a teaser",
    "empty": "no running text",
    "bad_selector": "a selector of the outlet's file cannot be read",
    "not_text": "no text that can be decoded",
    "too_complex": "nested or tangled beyond what is read",
    "timeout": "took too long to read",
    "out_of_memory": "needs more memory than one page may have",
    "unreadable": "its record in the archive cannot be read",
    "crashed": "ended the process that read it",
}
CHECKS = {
    "missing_field": "a column that every article has is empty",
    "empty_body": "no text below the headline",
    "bad_character": "NUL, half a character, or another control character",
    "too_long": "a text beyond its column's cap",
    "too_many": "a list beyond its column's cap",
    "bad_value": "a number or code that the column cannot hold",
    "implausible_time": "published before the outlet's first day, or over a day after the capture",
    "foreign_language": "not one of the outlet's `languages`",
    "repeated_body": "the text of another article, under another headline",
    "doubled_key": "claims the address of another text, and its own is taken",
}
REPLAYABLE = READING | CHECKS
ALL = "all"
