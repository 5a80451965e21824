"""A captioner that learns Understand's scenes by heart in seconds."""

import torch

from mm_demo import store
from mm_demo.cases.captioning.model import SceneCaptioner, caption_loss
from mm_demo.cases.captioning.predict import FAMILIAR
from mm_demo.cases.captioning.understand_numbers import REFERENCES, references, scenes
from mm_demo.cases.captioning.vocabulary import Vocabulary, mark
from mm_demo.data.scene_samples import pixels
from mm_demo.nn.domain import Familiar
from mm_demo.nn.tokens import build_tokenizer

SIDE = 32


def saved(folder, languages=("en", "zh"), attention=True, steps=60):
    """The checkpoint of one that says some of the references after `steps`, and nonsense after 0."""
    torch.manual_seed(0)
    told = {
        language: [references(index, language) for index in range(len(scenes()))]
        for language in languages
    }
    texts = [text for several in told.values() for said in several for text in said]
    tokenizer = build_tokenizer(texts, 40, [mark(each) for each in languages])
    words = Vocabulary(tokenizer)
    model = SceneCaptioner(
        len(words), 32, 64, attention=attention, image={"image_size": SIDE, "width": 8},
        decoder={"dropout": 0.0},
    )  # fmt: skip
    images = pixels(scenes(), SIDE)
    captions = torch.nn.utils.rnn.pad_sequence(
        [
            torch.tensor([*words.words(language).start, *words.ids(text)])
            for language in languages
            for said in told[language]
            for text in said
        ],
        batch_first=True,
    )
    shown = images.repeat_interleave(REFERENCES, 0).repeat(len(languages), 1, 1, 1)
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        caption_loss(model(shown, captions[:, :-1]), captions).backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / store.TOKENIZER))
    looks = torch.randn(80, model.pictures.pos_embed.shape[-1])
    store.write_tensors(folder / FAMILIAR, vars(Familiar.fit(looks[:40], looks[40:])))
    return folder
