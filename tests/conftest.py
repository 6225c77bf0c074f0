import shutil

import numpy as np
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


@pytest.fixture
def tiny_checkpoint(tiny_base, tmp_path):
    """A folder as the `transformers` backend reads it: the tiny encoder and random heads."""
    from safetensors.numpy import save_file

    folder = tmp_path / "mine"
    shutil.copytree(tiny_base, folder)
    random = np.random.default_rng(0)
    shapes = {"queries": (4, 64)}
    for i, classes in enumerate((4, 2, 3, 6)):
        shapes |= {f"outputs.{i}.weight": (classes, 64), f"outputs.{i}.bias": (classes,)}
    heads = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(heads, folder / "heads.safetensors")
    return folder
