"""What is no article is refused under its own reason; an article about any of it stays one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newswire.errors import ExtractError
from newswire.records import Extraction
from newswire.vocabulary.kinds import kinds
from newswire.vocabulary.labels import PageRule

Read = Callable[..., Extraction]
MENU = "<nav><a href=/p>Politik</a><a href=/s>Sport</a></nav>"
FOOT = "<footer><a href=/i>Impressum</a><p>© 2026 Hafenblatt Verlag. Alle Rechte vorbehalten.</p></footer>"
NEWS = (
    '<script type="application/ld+json">'
    '{"@type":"NewsArticle","headline":"x","datePublished":"2026-03-01T10:00:00+01:00"}</script>'
)
TEASERS = "".join(f"<li><a href=/t{n}>Eine Schlagzeile mit fünf Wörtern Nummer {n}</a></li>" for n in range(8))
ARTICLE_DE = (
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p>"
    "<p>Die Fischer hoffen nach den langen Arbeiten nun auf eine gute Saison.</p>"
)
ARTICLE_FR = (
    "<p>Le port a rouvert dimanche après trois semaines de travaux, a annoncé la mairie.</p>"
    "<p>Le premier ferry a accosté lundi matin devant une centaine d’habitants venus l’attendre.</p>"
    "<p>Les pêcheurs espèrent désormais une bonne saison, après de longs mois sans revenus.</p>"
)
# The boxes that the usual consent tools lay over a page, in our own words.
ONETRUST_DE = (
    '<div id="onetrust-consent-sdk"><div id="onetrust-banner-sdk" role="dialog"><div id="onetrust-policy-text">'
    "<p>Wir und unsere 140 Partner speichern Daten auf Ihrem Gerät, etwa Cookies, um Werbung zu messen.</p>"
    "<p>Sie können Ihre Wahl jederzeit in den Einstellungen am Ende der Seite ändern.</p></div>"
    "<button>Alle akzeptieren</button><button>Ablehnen</button></div></div>"
)
SOURCEPOINT_DE = (
    '<div id="sp_message_container_1" class="sp-message-container consent"><div class="message">'
    "<h1>Mit Werbung weiterlesen</h1><p>Besuchen Sie Hafenblatt wie gewohnt mit Werbung und Tracking.</p>"
    "<p>Zustimmung jederzeit über den Link am Ende der Seite widerrufbar.</p>"
    "<button>Zustimmen und weiter</button></div></div>"
)
DIDOMI_FR = (
    '<div id="didomi-host"><div id="didomi-popup" class="didomi-popup-container"><div class="didomi-popup-notice">'
    "<p>Avec votre accord, nos partenaires et nous utilisons des cookies pour mesurer l’audience du site.</p>"
    "<p>Vous pouvez changer d’avis à tout moment depuis le bas de chaque page du site.</p>"
    "<button>Accepter et continuer</button><button>Continuer sans accepter</button></div></div></div>"
)


def page(body: str, head: str = "", classes: str = "", lang: str = "de", title: str = "Hafenblatt") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><title>{title}</title>{head}</head>'
        f'<body class="{classes}">{body}</body></html>'
    )


NO_ARTICLES = {
    "error, WordPress, German": (
        "error_page",
        page(
            f"{MENU}<main><h1>Seite nicht gefunden</h1><p>Hier gibt es nichts zu sehen. Vielleicht hilft die Suche?</p>"
            f"<form role=search><input name=s></form><h2>Neue Beiträge</h2><ul>{TEASERS}</ul></main>{FOOT}",
            classes="error404 wp-embed-responsive", title="Seite nicht gefunden – Hafenblatt",
        ),
    ),
    "error, own make, German": (
        "error_page",
        page(
            f'{MENU}<div class="c-msg"><h1>Ups!</h1><p>Die gewünschte Seite ist umgezogen oder sie wurde gelöscht.</p>'
            f"<p>Gehen Sie zurück zur Startseite und versuchen Sie es dort noch einmal.</p></div>{FOOT}",
            title="404 – Seite nicht gefunden | Hafenblatt",
        ),
    ),
    "error, French": (
        "error_page",
        page(
            f"{MENU}<h1>Oups, cette page n’existe plus</h1><p>L’adresse a peut-être changé, ou la page a été "
            f"retirée.</p>",
            lang="fr", title="Page introuvable - La Vigie",
        ),
    ),
    "search, WordPress, German": (
        "search_page",
        page(
            f"{MENU}<h1>Suchergebnisse für „Hafen“</h1>"
            + "".join(
                f"<article><h2><a href=/{n}>Hafen öffnet wieder {n}</a></h2><p>Der Hafen ist seit Sonntag "
                f"wieder offen, "
                f"wie die Behörde am Abend mitteilte, und die Fähre fährt nun an jedem Tag zweimal ({n}).</p></article>"
                for n in range(14)
            ),
            classes="search search-results",
        ),
    ),
    "search, French, by its type": (
        "search_page",
        page(
            f"<h1>Résultats de la recherche</h1>{ARTICLE_FR}",
            head='<script type="application/ld+json">{"@type":"SearchResultsPage"}</script>', lang="fr",
        ),
    ),
    "search, own make, no result": (
        "search_page",
        page(f"{MENU}<h1>Ihre Suche nach: „Hafn“</h1><p>Zu dieser Anfrage haben wir leider nichts gefunden.</p>"),
    ),
    "consent, OneTrust, German": ("consent_wall", page(f"{MENU}{ONETRUST_DE}{FOOT}", title="Hafen wieder offen")),
    "consent, Sourcepoint, German": ("consent_wall", page(SOURCEPOINT_DE)),
    "consent, Didomi, French": (
        "consent_wall", page(f"<h1>Le port rouvre</h1>{DIDOMI_FR}", lang="fr", title="Le port rouvre | La Vigie"),
    ),
    "consent, own make, French": (
        "consent_wall",
        page(
            "<div class=w1><h1>Votre vie privée nous importe</h1><p>Nous et nos 90 partenaires utilisons des "
            "traceurs sur "
            "votre appareil et lisons vos données pour afficher des annonces.</p><button>Tout accepter</button>"
            "<button>Refuser et s’abonner</button></div>", lang="fr",
        ),
    ),
    "login, German": (
        "login_wall",
        page(
            f"{MENU}<h1>Hafen wieder offen</h1><p>Bitte melden Sie sich an, um weiterzulesen.</p>"
            "<form><input name=mail><input type=password name=p><button>Anmelden</button></form>",
        ),
    ),
    "login, French": (
        "login_wall",
        page(
            "<h1>Le port rouvre ses quais</h1><div class=gate><p>Connectez-vous pour lire la "
            "suite.</p></div>", lang="fr"
        ),
    ),
    "bot check, Cloudflare-like": (
        "bot_check",
        page(
            '<div class="main-wrapper"><h1>hafenblatt.example</h1><h2 id="challenge-running">Checking if the '
            'site connection '
            "is secure</h2><p>Verify that you are not a robot. This may take a few seconds to complete.</p>"
            '<form id="challenge-form"></form></div>', lang="en", title="Just a moment...",
        ),
    ),
    "bot check, captcha, French": (
        "bot_check",
        page(
            '<div class="captcha-container"><h1>Êtes-vous un robot ?</h1><p>Veuillez confirmer que vous n’êtes pas un '
            "robot en cochant la case ci-dessous.</p></div>", lang="fr",
        ),
    ),
    "video, Open Graph": (
        "video_only",
        page(
            f'{MENU}<div class="player"><video src=/a.mp4></video></div><h1>Die Fähre legt an</h1>'
            f"<p>Bilder vom Morgen, an dem der Hafen wieder öffnete.</p>{FOOT}",
            head='<meta property="og:type" content="video.other">',
        ),
    ),
    "video, schema.org, French": (
        "video_only",
        page(
            '<h1>Le ferry accoste</h1><div class="lecteur"></div><p>Les images du premier ferry, lundi matin '
            'au port.</p>',
            head='<script type="application/ld+json">{"@type":"VideoObject","name":"Le ferry '
            'accoste"}</script>', lang="fr",
        ),
    ),
    "gallery, WordPress, German": (
        "gallery",
        page(
            f"{MENU}<h1>Der Hafen in Bildern</h1><div class='gallery gallery-columns-3'>"
            + "".join(
                f"<figure class=gallery-item><img src=/{n}.jpg><figcaption>Die Fähre am Kai, Bild Nummer "
                f"{n}.</figcaption>"
                "</figure>" for n in range(9)
            ) + f"</div>{FOOT}",
        ),
    ),
    "gallery, by its type, French": (
        "gallery",
        page(
            "<h1>Le port en images</h1><div class=diaporama>"
            + "".join(f"<div class=slide><p>Le ferry à quai au matin, vue numéro {n}.</p></div>" for n in range(6))
            + "</div>",
            head='<script type="application/ld+json">{"@type":"ImageGallery","name":"Le port"}</script>', lang="fr",
        ),
    ),
    "paywall without a word of text": (
        "paywall_only",
        page(
            f"{MENU}<h1>Hafen wieder offen</h1><div class='paywall-offer'><p>Jetzt abonnieren</p>"
            f"<p>Nur für Abonnenten</p></div>{FOOT}",
            head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"Hafen wieder offen",'
            '"isAccessibleForFree":false}</script>',
        ),
    ),
}  # fmt: skip

ARTICLES = {
    "about cookies": page(
        f"{ONETRUST_DE}<h1>Cookies: Was die neuen Regeln bedeuten</h1><p>Wer Cookies setzt, muss künftig "
        f"fragen, wie das "
        "Ministerium mitteilte.</p><p>Alle akzeptieren, das war bisher für viele der schnellste Weg zum Text.</p>"
        "<p>Unsere Partner in Brüssel sehen das anders, sagte eine Sprecherin der Behörde.</p>"
    ),
    "about error 404": page(
        f"<h1>Fehler 404: Wie eine Zahl berühmt wurde</h1>{ARTICLE_DE}", title="Fehler 404: Wie eine Zahl berühmt wurde"
    ),
    "called like an error": page(f"<h1>Seite nicht gefunden</h1>{ARTICLE_DE}", head=NEWS),
    "about a search": page(
        f"<h1>Suche nach vermisstem Segler geht weiter</h1>{ARTICLE_DE}", title="Suche nach vermisstem Segler"
    ),
    "about robots, French": page(f"<h1>Êtes-vous un robot ? Le test que l’on déteste</h1>{ARTICLE_FR}", lang="fr"),
    "with a video at its top": page(
        f"<div class=player><video src=/a.mp4></video></div><h1>Fähre legt wieder an</h1>{ARTICLE_DE}", head=NEWS
    ),
    "a bulletin below a video": page(
        "<h1>Fähre legt wieder an</h1><video src=/a.mp4></video><p>Die erste Fähre hat am Morgen angelegt, wie die "
        "Behörde mitteilte.</p><p>Der Hafen war drei Wochen lang gesperrt.</p>",
        head=NEWS,
    ),
    "with a gallery in it": page(
        f"<h1>Hafen wieder offen</h1>{ARTICLE_DE}<div class=gallery>"
        + "".join(f"<figure><figcaption>Die Fähre am Kai, Bild Nummer {n}.</figcaption></figure>" for n in range(7))
        + "</div>"
        + ARTICLE_DE.replace("Der Hafen", "Auch der Bahnhof").replace("Fähre", "Bahn").replace("Fischer", "Wirte")
    ),
    "a short bulletin": page(
        "<h1>Hafen wieder offen</h1><p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde mitteilte.</p>"
    ),
    "a short bulletin under a consent box": page(
        f"<h1>Hafen wieder offen</h1><p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde "
        f"mitteilte.</p>{ONETRUST_DE}"
    ),
    "under a consent box, French": page(f"{DIDOMI_FR}<h1>Le port rouvre</h1>{ARTICLE_FR}", lang="fr"),
    "with a form to sign in": page(
        f"{MENU}<form><input type=password></form><h1>Hafen wieder offen</h1>{ARTICLE_DE}"
        "<div><p>Melden Sie sich an, um diesen Artikel zu kommentieren.</p></div>"
    ),
    "with a captcha for comments": page(
        f"<h1>Hafen wieder offen</h1>{ARTICLE_DE}<div class=g-recaptcha></div>"
        "<p>Bitte bestätigen Sie, dass Sie kein Roboter sind.</p>"
    ),
}


@pytest.mark.parametrize("name", NO_ARTICLES)
def test_no_article_has_its_own_reason(read: Read, name: str) -> None:
    reason, given = NO_ARTICLES[name]
    with pytest.raises(ExtractError) as caught:
        read(given)
    assert caught.value.reason == reason
    assert len(caught.value.detail) > 30
    assert "{" not in caught.value.detail


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_about_any_of_it_stays_one(read: Read, name: str) -> None:
    found = read(ARTICLES[name])
    assert found.body
    assert not any("Partner speichern" in line or "nos partenaires et nous" in line for line in found.body)


def test_a_search_is_known_by_its_address_and_its_headline_together(read: Read) -> None:
    given = page("<h1>Suchergebnisse für „Hafen“</h1>" + ARTICLE_DE * 4)
    with pytest.raises(ExtractError) as caught:
        read(given, url="https://news.example/suche?q=Hafen")
    assert caught.value.reason == "search_page"


def test_the_teaser_of_a_paid_article_is_published_as_paywalled(read: Read) -> None:
    teaser = "Der Hafen ist seit Sonntag wieder offen, doch die Kosten der Reparatur steigen weiter."
    found = read(
        page(
            f"<h1>Hafen wieder offen</h1><p class=lead>{teaser}</p><div class=paywall-offer><p>Jetzt "
            f"abonnieren</p></div>",
            head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"Hafen wieder offen",'
            '"isAccessibleForFree":"False"}</script>',
        )
    )
    assert (found.access, found.body) == ("paywalled", (teaser,))


@pytest.mark.parametrize("rule", kinds().rules, ids=lambda rule: f"{rule.kind}: {rule.example}")
def test_each_wording_matches_its_example(rule: PageRule) -> None:
    assert (kinds().of_title if rule.where == "title" else kinds().of_line)(rule.example) == rule.kind


@pytest.mark.parametrize(
    "headline",
    [
        "404 Tote nach Beben", "500 Euro für alle Haushalte", "Willkommen in der Wirklichkeit",
        "Page blanche pour le maire",
        "Suche nach vermisstem Segler geht weiter", "Recherche : le budget baisse de moitié",
        "Cookies backen im Advent",
        "Fehler 404: Wie eine Zahl berühmt wurde", "Access to clean water denied", "Accès refusé au stade "
        "pour 200 supporters",
    ],
)  # fmt: skip
def test_headlines_are_no_notices(headline: str) -> None:
    assert kinds().of_title(headline) is None


def test_a_page_whose_body_is_named_after_its_consent_tool_is_an_article(read: Read) -> None:
    found = read(
        page(f"<div><h1>Hafen wieder offen</h1>{ARTICLE_DE}</div>", classes="cookies-not-set borlabs-cookie cmplz")
    )
    assert len(found.body) == 3
