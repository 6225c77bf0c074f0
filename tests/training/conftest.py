import json

import pytest


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory):
    """A two-layer encoder with random weights and a tokenizer of a few words: seconds instead of hours."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = [
        "laid",
        "off",
        "today",
        "great",
        "news",
        "we",
        "are",
        "hiring",
        "company",
        "cuts",
        "jobs",
        "sad",
        "happy",
        "angry",
        "http",
        "@user",
        "x",
        "reddit",
    ]
    vocabulary = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    folder = tmp_path_factory.mktemp("base")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="<s>",
        pad_token="<pad>",
        sep_token="</s>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        mask_token="<mask>",
        model_max_length=512,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        pad_token_id=1,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory):
    """Forty annotated posts, each of its own author."""
    data = tmp_path_factory.mktemp("data")
    (data / "layoffs").mkdir()
    rows = []
    for i in range(40):
        sad = i % 2 == 0
        rows.append(
            {
                "id": str(i),
                "source": "x",
                "author": f"a{i}",
                "text": f"laid off today sad {i}" if sad else "we are hiring",  # no post repeats a held-out one
                "kind": "reaction" if sad else "promo",
                "voice": "affected" if sad else None,
                "sentiment": "negative" if sad else "neutral",
                "emotion": "sadness" if sad else "none",
            }
        )
    (data / "layoffs/gold-dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return data
