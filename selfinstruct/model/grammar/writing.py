"""Free writing, no input needed: poems, letters, stories, dialogues and speeches that hold to their topic."""

from collections.abc import Callable
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import fill, sentence

SUBJECTS = (
    "topic",
    "event",
    "activity",
    "place",
    "trait",
    "dish",
    "object",
    "animal",
    "era",
    "city",
    "role",
    "audience",
)


def subject(slots: Slots) -> str:
    """What a text is to be about, whichever slot names it."""
    if "wrong" in slots:
        return "this trouble"
    if "wish" in slots:
        return "this goal"
    if "venture" in slots:
        return f"the {slots['venture']}"
    return next((slots[name] for name in SUBJECTS if name in slots), f"a walk through {slots.get('city', 'town')}")


def texts(*forms: str) -> Callable[[Random, Slots], tuple[str, str]]:
    """An answer without input, in one of several forms; {about} is the subject."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        return "", sentence(fill(rng.choice(forms).replace("{about}", subject(slots)), rng))

    return answer


POEM = texts(
    "There is a tale of {about},\nit wandered in from {city};\n"
    "we laughed at first, then thought it out\nand found it rather witty.",
    "I sat beside a {object} old\nand thought of {about};\nthe evening air grew still and cold,\n"
    "the stars came slowly out.",
    "Sing, {first_name}, of {about},\nsing it low and clear;\nwhat the whole of {city} doubts\nstill is good to hear.",
)
STORY = texts(
    "It began with {about}. {first_name_1}, a {mood} {role}, noticed it first and told nobody. By {weekday} the "
    "whole of "
    "{city} was talking, and {first_name_1} brought a {object} to settle the matter. In the end they laughed, "
    "shared some "
    "{dish} and agreed to keep the story to themselves.",
    "Nobody in {city} expected {about}. The {role_1} shut the door, the {role_2} opened a window, and a {animal} "
    "walked in. "
    "When night fell, all that was left was a {quality} {object} and a promise to meet again next {month}.",
    "Long after, people in {city} still spoke of {about}. {first_name_1} had laughed at first. Then a {quality} "
    "{object} "
    "fell off the shelf, the {role} turned pale, and {first_name_1} understood that nothing would be as before.",
)
LETTER = texts(
    "To whom it may concern,\n\nI am writing because of {about}. It has been on my mind since {weekday}, and I "
    "would like "
    "to hear what you think of it. If you agree, let us meet and talk it over.\n\nYours sincerely,\n{first_name}",
    "Dear Sir or Madam,\n\nyou will have heard of {about}. I ask you to look into it before {weekday}, as it "
    "keeps a {mood} "
    "{role} like me awake at night.\n\nWith kind regards,\n{first_name}",
)
APOLOGY = texts(
    "Dear {first_name_1},\n\nI am truly sorry about {about}. I should have thought of you first. To make up for "
    "it, I would "
    "like to invite you for {dish} on {weekday}.\n\nYours,\n{first_name_2}",
)
NOTICE = texts(
    "Dear all,\n\nwe are happy to announce {about}. Come on {weekday}, bring a {object} and a good mood, and tell your "
    "friends. There will be {dish}.\n\nSee you there,\n{first_name}",
)
VOICEMAIL = texts(
    "Hello, this is {first_name}. I am sorry that I did not come. You will not believe it, but the reason was "
    "{about}. I "
    "will call again on {weekday} and tell you everything.",
)
POSTCARD = texts(
    "Greetings from afar! Yesterday it was {about}, today it is rain. The {dish} is excellent, the beds are not. "
    "Back on "
    "{weekday}. Love, {first_name}",
)
ARTICLE = texts(
    "Many speak of {about} these days. People in {city} report that it has changed how they spend their "
    "mornings. A {role} "
    "whom we asked called it overdue; a {mood} {role_2} had doubts. Both agreed on one thing: it deserves a "
    "closer look.",
    "If you have never heard of {about}, begin here. First comes surprise, then a smile, and at last the wish to "
    "know more. "
    "In {city}, a {role} keeps a {object} as a reminder of it.",
)
DIALOGUE = texts(
    "{first_name_1}: Have you heard of {about}?\n{first_name_2}: I have, and I still cannot believe it.\n"
    "{first_name_1}: Then come to {place} and see for yourself.\n{first_name_2}: Only if you bring the {dish}.",
    "{first_name_1}: I cannot stop thinking of {about}.\n{first_name_2}: You said the same about the {object}.\n"
    "{first_name_1}: This time I mean it.\n{first_name_2}: Then let us ask the {role}.",
)
SPEECH = texts(
    "Dear friends, we are here because of {about}. Some of you have waited for this day since last {month}. I will be "
    "brief: without you, it would have stayed an idea. Thank you, and enjoy the {dish}.",
)
REVIEW = texts(
    "I came for {about} and stayed for the {dish}. The staff were friendly, the seats less so. Four stars out of "
    "five, and "
    "I would come again in {month}.",
)
RIDDLE = texts(
    "I have to do with {about}, I am older than I seem, and everyone forgets me on {weekday}. What am I? A {object}.",
)
SLOGAN = texts(
    "{about}: worth getting up for.",
    "Make room for {about}.",
    "{about}, and the day is yours.",
    "Nothing stays the same after {about}.",
)
JOKE = texts(
    "Why did the {role} bring a {object}? Because of {about}, and somebody had to sit on something.",
    "A {role} and a {animal} talk about {about}. Says the {animal}: I would never, and I live on grass.",
)
DIARY = texts(
    "Dear diary, today was all about {about}. I met a {mood} {role} at {place} and forgot my {object} there. "
    "Tomorrow I will "
    "fetch it, and then everything will look better.",
)
COMMENT = texts(
    "From where I stand, {about} looks rather odd. Nobody asked me, of course. Had they done so, I would have "
    "advised a nap, "
    "some {dish} and less noise.",
)

FRAMES: list[Frame] = [
    Open(["<Write|Compose> a {tone} poem about {topic}.", "Put {topic} into four {tone} lines that rhyme."], POEM),
    Open(["Create rhymes for {audience} in which {topic} plays a part."], POEM),
    Open(["Rhyme something {tone} on {topic} for {audience}."], POEM),
    Open(["Tell a {tone} story about {topic}.", "Spin a {tone} tale that opens with {topic}."], STORY),
    Open(["Imagine {topic} and narrate what happens next."], STORY),
    Open(["Make up a bedtime story in which a {animal} and a {role} deal with {topic}."], STORY, weight=0.7),
    Open(["Begin a mystery novel with {topic}; keep the first paragraph {tone}."], STORY, weight=0.7),
    Open(["Suppose {first_name} wakes up and finds that {topic} was only a dream. Write the ending."], STORY),
    Open(
        ["Draft a {tone} letter from a {role} to {place} concerning {topic}.", "Write to {place} about {topic}."],
        LETTER,
    ),
    Open(["Word a {tone} complaint to {place} about {topic}."], LETTER),
    Open(["A {mood} {role} wants to apologise for {topic}. Write the apology."], APOLOGY),
    Open(["Announce {event} to {audience} in a {tone} email."], NOTICE, weight=0.7),
    Open(["You are a {mood} {role}. Explain in a voicemail why {topic} kept you from {event}."], VOICEMAIL),
    Open(["Write a {tone} postcard from {city} that mentions {topic}."], POSTCARD, weight=0.8),
    Open(["Produce a short news report on {topic}.", "Cover {topic} for the local paper of {city}."], ARTICLE),
    Open(["Pen a {tone} blog post in which {audience} learn about {topic}."], ARTICLE),
    Open(["Argue in a {tone} column that {topic} matters."], ARTICLE),
    Open(["Describe {topic} to {audience} who have never heard of it."], ARTICLE),
    Open(["Paint {topic} in words, so {tone} that {audience} would listen."], ARTICLE),
    Open(["Script a conversation between a {role} and a {mood} {role_2} on {topic}."], DIALOGUE),
    Open(["Let two {mood} {role:plural} talk about {topic}."], DIALOGUE),
    Open(["Stage a {tone} scene at {place} whose subject is {topic}."], DIALOGUE, weight=0.8),
    Open(["Give a {tone} speech at {event} about {topic}."], SPEECH),
    Open(["Prepare a toast to {topic}, to be held before {audience}."], SPEECH),
    Open(["Review {topic} as if it were a restaurant.", "Rate {event} in the words of a {mood} {role}."], REVIEW),
    Open(["Pose a riddle that hints at {topic}."], RIDDLE),
    Open(["Think up a {tone} riddle to entertain {audience} at {event}."], RIDDLE),
    Open(["Coin a {tone} slogan for {topic}.", "Advertise {event} to {audience} in a single line."], SLOGAN),
    Open(["Compress {topic} into exactly one {tone} sentence."], SLOGAN),
    Open(["Crack a {tone} joke about {topic}.", "Amuse {audience} with a joke on {activity}."], JOKE),
    Open(["Keep a diary for one day as a {mood} {role} who has to cope with {topic}."], DIARY),
    Open(["Write a diary page with thoughts on {topic}."], DIARY),
    Open(["Take the side of a {animal} and comment on {topic}."], COMMENT, weight=0.8),
]
