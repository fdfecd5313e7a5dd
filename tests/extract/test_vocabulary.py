"""The vocabulary is data: each rule matches the line that taught it, and none matches ordinary sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import product

import pytest
import yaml

from newswire.vocabulary.labels import FOLDER, Rule, vocabulary
from newswire.vocabulary.words import any_of, one_of

WORDS = vocabulary()
SENTENCES = (
    "Die Behörde hatte den Hafen nach der Sturmflut für drei Wochen gesperrt.",
    "Zum Thema Küstenschutz will sich das Land erst im Herbst wieder äußern.",
    "Mehr zum Thema wollte die Sprecherin des Ministeriums am Abend nicht sagen.",
    "Teilen wollen sich die beiden Gemeinden künftig auch die Kosten der Fähre.",
    "Le port a rouvert mercredi, ont indiqué les autorités de la région.",
    "Retrouvez-vous dans dix ans, leur avait dit le vieux capitaine du ferry.",
    "The harbour opened again on Monday, a spokeswoman for the town said.",
    # Sentences that begin like a button, an offer or a curtain, and tell news.
    "Erhalten Sie eine verdächtige Nachricht per E-Mail, sollten Sie sie sofort löschen.",
    "In dem Newsletter der Bank heißt es, die Zinsen blieben vorerst stabil.",
    "Der Fluss gilt den Dörfern als bevorzugte Quelle für Trinkwasser.",
    "Hier geht es zum Kanal hinunter, sagt der alte Fischer.",
    "Danach 20 Euro Strafe zu zahlen, sei zu viel verlangt.",
    "Bereits registriert haben sich mehr als 300 Läufer aus zehn Ländern.",
    "Bisher gibt es keine Kommentare des Ministeriums zu dem Vorwurf.",
    "Netiquette gilt auch im Büro, sagt die Trainerin aus Kiel.",
    "Hinterlassen Sie einen Schlüssel beim Nachbarn, rät die Polizei.",
    "Mit dem Laden waren die Nachbarn von Anfang an einverstanden.",
    "Um das Nordlicht zu sehen, reisen viele Gäste nach Norwegen.",
    "Zum Laden der Elektroautos stehen zehn neue Säulen bereit.",
    "An dieser Stelle steht heute die größte Grafiksammlung des Landes.",
    "Dabei werden auch personenbezogene Daten verarbeitet, kritisiert die Beauftragte.",
    "Die Cookie-Einstellungen vieler Seiten sind nach Ansicht der Verbraucherschützer rechtswidrig.",
    "Wir würden hier gerne bauen, aber die Stadt lässt uns nicht.",
    "Diese Nachricht ist ein Schock für die ganze Belegschaft.",
    "Dieser Beitrag ist wichtig für den Schutz der Küste.",
    "Dieses Interview ist ihm später zum Verhängnis geworden.",
    "Erschienen im Jahr 1920, gilt der Roman bis heute als Skandal.",
    "Diese Sendung hat ihn über Nacht berühmt gemacht.",
    "Mit Informationen von Zeugen konnte die Polizei den Täter finden.",
    "Was denken Sie darüber, wenn Sie die Bilder heute sehen?",
    "Schreiben Sie uns keine Vorschriften, rief der Bürgermeister in den Saal.",
    "Weiterlesen wollte der Richter den Brief am Nachmittag nicht.",
    "Korrekturen am Gesetz lehnte die Ministerin am Abend ab.",
    "Jetzt abonnieren immer mehr Menschen das Sozialticket der Stadt.",
    "Chaque semaine, il écrivait une longue lettre à sa mère.",
    "Chaque matin, il ouvrait la boîte aux lettres du voisin.",
    "Recevoir par courriel son bulletin de paie est désormais possible.",
    "Mon mail est resté sans réponse, explique la gérante du café.",
    "S'inscrire à l'université devient un parcours du combattant.",
    "Inscrivez-vous sur les listes électorales avant la fin du mois.",
    "La newsletter du maire a fait polémique au conseil municipal.",
    "Ne manquez pas l'exposition du musée, ouverte jusqu'en mai.",
    "La suite est connue : il perdit les élections de deux voix.",
    "S'abonner à une salle de sport coûte trente euros par mois.",
    "Connectez-vous sur le site des impôts avant le 4 juin.",
    "À partir de 30 euros, les billets sont vendus en ligne.",
    "Sans publicité, le journal ne survivrait pas plus d'un an.",
    "Déjà inscrite à son palmarès, la course lui tient à cœur.",
    "Pour accéder à la plage, il faut compter vingt minutes de marche.",
    "Pour continuer son activité, il s'est inscrit à un cours du soir.",
    "Accès gratuit pour tous dimanche, annonce la mairie du village.",
    "Créer un compte ne prend que deux minutes, assure la banque.",
    "Aucun commentaire n'a été fait par le ministère dans la soirée.",
    "Les commentaires sont unanimes : le film est une réussite.",
    "Une erreur qui a coûté cher au club de la ville.",
    "Pour réagir à la crise, le gouvernement a annoncé un plan.",
    "En acceptant ces conditions, le club s'engage pour trois saisons.",
    "Ils utilisent des traceurs pour suivre les loups du massif.",
    "Impossible de charger sa voiture électrique dans le village.",
    "D'après Reuters, le groupe supprimerait deux mille postes en Europe.",
    "Ce texte est un scandale, dénonce l'opposition à l'Assemblée.",
    "Ce texte a été adopté par trois cents voix contre cent dix.",
    "Cet article a été supprimé par le Sénat en première lecture.",
    "Adapté du roman de la navigatrice, le film sort mercredi.",
    "Avec l'agence de l'eau, la commune veut réparer ses canalisations.",
    "Participer à la discussion reste possible jusqu'à lundi soir.",
    "Écrire un avis sur ce projet a demandé deux ans aux experts.",
    "This article was struck down by the court on Monday evening.",
    "By accepting the terms, the union ended a strike of nine weeks.",
    "Follow the river for an hour until the mill comes into view.",
    "Receive the guests at the door, the innkeeper told his staff.",
)


@pytest.mark.parametrize("rule", WORDS.strip, ids=lambda rule: f"{rule.rule}: {rule.example}")
def test_each_rule_matches_its_example(rule: Rule) -> None:
    assert rule.regex.match(rule.example)
    assert rule.note


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_are_never_boilerplate(sentence: str) -> None:
    assert WORDS.rule_for(sentence, sentence=True) is None


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("L’article continue après la publicité", "advertisement"),
        ("Je m’abonne", "paywall"),
        ("À lire aussi : l’hiver au port", "related"),
        ("Il vous reste 40 % de cet article à lire.", "paywall"),
        ("Avec AFP et Reuters", "provenance"),
        ("En acceptant les cookies, vous pourrez accéder à nos contenus.", "consent"),
        ("Hier finden Sie externen Inhalt von einem Videodienst", "consent"),
        ("Sie haben einen Fehler entdeckt?", "feedback"),
        ("Zur Startseite", "navigation"),
        ("Artikel verschenken", "share"),
        ("Hinweis der Redaktion: Die Jahreszahl wurde berichtigt.", "ed_note"),
    ],
)
def test_what_pages_print_around_an_article_is_named(line: str, rule: str) -> None:
    found = WORDS.rule_for(line, sentence=line.endswith((".", "?")) and line.count(" ") > 3)
    assert found is not None
    assert found.rule == rule


def test_every_language_file_is_read() -> None:
    assert set(WORDS.languages) == {path.stem for path in FOLDER.glob("[a-z][a-z].yaml")}
    assert {"de", "fr", "en"} <= set(WORDS.languages)


def test_labels_of_all_languages_are_told_apart() -> None:
    assert WORDS.date_labels["mis à jour le"] == ("updated", "fr")
    assert WORDS.date_labels["veröffentlicht am"] == ("published", "de")
    found = WORDS.date_label.findall("Publié le : 03/12/2025 - 17:23Modifié le : 03/12/2025")
    assert found == ["Publié le", "Modifié le"]


def test_layout_words_match_whole_words_only() -> None:
    assert "byline" in WORDS.layout_kind("article__byline")
    assert "byline" in WORDS.layout_kind("c-author-name")
    assert WORDS.layout_kind("authority leadership captionless") == frozenset()


def _plain(words: Iterable[str]) -> str:
    """The alternation that `one_of` stands for: each word written out, the longest first."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(set(words), key=lambda w: (-len(w), w)))


LISTS = {
    "date labels": tuple(WORDS.date_labels),
    "filler": WORDS.filler,
    "roles": tuple(word for one in WORDS.languages.values() for word in one.roles),
    "offices": tuple(word for one in WORDS.languages.values() for word in one.collective),
    "by": tuple(word for one in WORDS.languages.values() for word in one.by),
    "paid": tuple(word for one in WORDS.languages.values() for word in one.paid),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("spelled", [str, str.upper, str.lower, str.title, lambda text: text.replace("s", "ſ")])
def test_words_that_share_beginnings_are_found_as_if_written_out(name: str, spelled: Callable[[str], str]) -> None:
    words = LISTS[name]
    # Each word alone, inside a longer one, before another, and cut short.
    text = spelled(" ".join(f"{word}  x{word} {word}heit {word[:-1]}. {word}," for word in words)).replace(
        "K", "\u212a"
    )
    quick = re.compile(rf"(?<![^\W\d_])(?:{one_of(words)})(?!\w)")
    slow = re.compile(rf"(?<![^\W\d_])(?:{_plain(words)})(?!\w)", re.IGNORECASE)
    assert [match.span() for match in quick.finditer(text)] == [match.span() for match in slow.finditer(text)]


def test_names_are_told_apart_by_their_capitals() -> None:
    pattern = re.compile(one_of(["AP", "AFP", "AFP Sport", "dpa"], cased=True))
    assert pattern.findall("ap afp AFP Sport und AFP, DPA und dpa; AP") == ["AFP Sport", "AFP", "dpa", "AP"]


def test_rules_taken_apart_let_every_line_pass_that_one_of_them_matches() -> None:
    patterns = [rule.pattern.lower() for rule in WORDS.strip if not re.search(r"\\[WSDB]|\(\?P", rule.pattern)]
    quick, slow = re.compile(any_of(patterns)), re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    texts = [text.lower() for text in (*SENTENCES, *(rule.example for rule in WORDS.strip))]
    # Cut short, begun late, and gone on with: nearly the words of a rule.
    texts += [text[:-n] for text in texts for n in (1, 3, 7)] + [text[n:] for text in texts for n in (1, 4)]
    texts += [f"{text}{more}" for text in texts for more in (" und mehr", ":", " ?", "!")]
    matched = [text for text in texts if slow.match(text)]
    assert len(matched) > 400
    assert [text for text in matched if not quick.match(text)] == []
    assert sum(bool(quick.match(text)) for text in texts) < len(texts) * 0.8


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("^ab?c", "bc"),
        ("^(?:ab|c)?d", "a"),
        ("(?:ab|c)+d", "d"),
        ("(?:a|b[cd])e|f", "be"),
        ("(?:a|)b", "a"),
        ("[a|b]c|d", "c"),
        (r"a\|b|c", "ab"),
        ("(?:a)??b", "a"),
        ("(?:ab){2}|c", "ab"),
        ("(?:abcde|a)f", "ae"),
    ],
)
def test_patterns_are_taken_apart_without_a_change_of_sense(pattern: str, wrong: str) -> None:
    texts = ["".join(letters) for n in range(6) for letters in product("abcdef|", repeat=n)]
    quick, slow = re.compile(any_of([pattern])), re.compile(pattern)
    assert [text for text in texts if bool(quick.match(text)) != bool(slow.match(text))] == []
    assert not quick.match(wrong)


def test_libyaml_reads_what_python_reads() -> None:
    """Which of the two PyYAML has depends on the machine."""
    loaders = [getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader]
    for path in FOLDER.glob("*.yaml"):
        one, other = (yaml.load(path.read_text(encoding="utf-8"), Loader=loader) for loader in loaders)
        assert one == other, path.name
