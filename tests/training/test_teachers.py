"""Masked-language training, teachers that leave a fold out, and what a student learns from them."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from transformers import AutoTokenizer  # noqa: E402

from analysis.classifier.labels import HEADS  # noqa: E402
from store import UsageError  # noqa: E402
from training import fit as fit_module  # noqa: E402
from training import mixture  # noqa: E402
from training.batches import Reader, make_batches  # noqa: E402
from training.corpora import annotated_posts  # noqa: E402
from training.distil import key_of, with_targets, write_targets  # noqa: E402
from training.fit import Run  # noqa: E402
from training.mixture import GOLD, held_out_texts  # noqa: E402
from training.model import Network  # noqa: E402
from training.optimise import disagreement, loss_of  # noqa: E402
from training.pretrain import mask_tokens, pretrain  # noqa: E402
from training.recipe import Pretraining, Recipe  # noqa: E402
from training.splits import FOLDS, fold_of  # noqa: E402


@pytest.fixture(autouse=True)
def small_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "POOL_POSTS", 32)
    monkeypatch.setattr(mixture, "OWN", tmp_path / "nowhere")  # the thousands of posts that training ships


def train(data, base, out, **recipe):
    settings = {"posts": 320, "batch_tokens": 256, "lr": 3e-3, "head_lr": 1e-2, "average_decay": 0.5} | recipe
    out.mkdir()
    run = Run(data, str(base), out, Recipe(checkpoint_pools=100, measure_pools=1000, **settings), rank=0, workers=1)
    run.train()
    return run


def test_masked_words_are_guessed_and_the_embeddings_stay(tiny_data, tiny_base, tmp_path, capsys):
    from safetensors.numpy import load_file

    recipe = Pretraining(epochs=3, batch_tokens=1024, lr=3e-3)
    trained = pretrain(tiny_data, str(tiny_base), tmp_path, recipe)
    losses = [float(line.split()[4]) for line in capsys.readouterr().out.splitlines()]
    assert losses[-1] < losses[0]
    before, after = (load_file(folder / "model.safetensors") for folder in (tiny_base, trained))
    name = "embeddings.word_embeddings.weight"
    assert np.array_equal(before[name], after[name])
    assert any(not np.array_equal(before[key], after[key]) for key in after)


def test_pretraining_goes_on_from_the_last_epoch_but_not_from_another_run(tiny_data, tiny_base, tmp_path, capsys):
    recipe = Pretraining(epochs=1, batch_tokens=4096)
    trained = pretrain(tiny_data, str(tiny_base), tmp_path, recipe)
    pretrain(tiny_data, str(tiny_base), tmp_path, dataclasses.replace(recipe, epochs=2))
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()] == ["1/1", "2/2"]
    with pytest.raises(UsageError, match=r"--seed was 1 and is now 2.*another --out"):
        pretrain(tiny_data, str(tiny_base), tmp_path, dataclasses.replace(recipe, seed=2))
    with pytest.raises(UsageError, match=r"has learnt for 2 epochs, and --pretrain-epochs is 1\."):
        pretrain(tiny_data, str(tiny_base), tmp_path, recipe)
    with pytest.raises(UsageError, match="the content of --base was"):
        pretrain(tiny_data, str(trained), tmp_path, recipe)


def test_special_tokens_are_never_masked(tiny_base):
    read = Reader(AutoTokenizer.from_pretrained(tiny_base))
    ids = torch.tensor([[0, 5, 6, 7, 2, 1, 1]] * 400)
    masked, chosen = mask_tokens(ids, read)
    assert not chosen[:, [0, 4, 5, 6]].any()
    assert torch.equal(masked[~chosen], ids[~chosen])
    assert chosen[:, 1:4].float().mean().item() == pytest.approx(0.15, abs=0.05)


def test_a_teacher_never_sees_the_fold_it_judges(tiny_data, tiny_base, tmp_path):
    run = train(tiny_data, tiny_base, tmp_path / "t", left_out=1)
    left = {example.text for example in run.left_out[GOLD]}
    assert left
    assert all(fold_of(e) != 1 for e in run.mixture.draw(0.5, 500))
    assert '"fold": 1' in (tmp_path / "t/log.jsonl").read_text()


def test_a_student_gets_the_judgement_of_teachers_that_left_the_text_out(tiny_data, tiny_base, tmp_path):
    teachers = []
    for n in range(FOLDS):
        train(tiny_data, tiny_base, tmp_path / str(n), left_out=n)
        teachers.append(tmp_path / str(n) / "model")
    write_targets(tiny_data, teachers, tmp_path / "targets.npz")
    posts = annotated_posts(tiny_data / GOLD)
    taught = with_targets(posts, tmp_path / "targets.npz")
    reaction = next(e for e in taught if e.soft is not None and e.labels[0] == 0)
    assert reaction.soft_weight == (1.0,) * len(HEADS)
    assert reaction.soft.sum() == pytest.approx(len(HEADS), abs=0.01)
    assert reaction.soft[: len(HEADS["kind"])].argmax() == 0
    promo = next(e for e in taught if e.soft is not None and e.labels[0] == 2)
    assert promo.soft_weight == (1.0, 0.0, 1.0, 0.0)


def test_targets_are_written_anew_for_other_teachers_only(tiny_data, tiny_base, tmp_path):
    teachers = []
    for n in range(3):
        torch.manual_seed(n)
        teachers.append(tmp_path / str(n))
        Network(tiny_base).save(teachers[-1])
        AutoTokenizer.from_pretrained(tiny_base).save_pretrained(teachers[-1])
    target = tmp_path / "targets.npz"
    write_targets(tiny_data, teachers[:2], target)
    first = target.stat()
    write_targets(tiny_data, teachers[:2], target)
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    before = np.load(target)["probabilities"]
    Network(teachers[2]).save(teachers[1])  # went on learning
    write_targets(tiny_data, teachers[:2], target)
    assert (np.load(target)["probabilities"] != before).any()
    write_targets(tiny_data, teachers, target)
    assert len(np.load(target)["teachers"]) == 3


def test_targets_are_written_anew_for_texts_without_a_judgement(tiny_data, tiny_base, tmp_path):
    data, teacher, target = tmp_path / "data", tmp_path / "teacher", tmp_path / "targets.npz"
    Network(tiny_base).save(teacher)
    AutoTokenizer.from_pretrained(tiny_base).save_pretrained(teacher)
    lines = (tiny_data / GOLD).read_text(encoding="utf-8").splitlines(keepends=True)
    (data / GOLD).parent.mkdir(parents=True)
    judged = []
    for some in (lines[:20], lines):
        held_out_texts.cache_clear()  # a later call is a later process
        (data / GOLD).write_text("".join(some), encoding="utf-8")
        write_targets(data, [teacher], target)
        judged.append(set(np.load(target)["keys"].tolist()))
    assert judged[0] < judged[1]
    new = {key_of(post) for post in annotated_posts(data / GOLD)[20:]}
    assert judged[1] - judged[0] <= new


def test_where_teachers_spoke_their_share_of_the_loss_is_theirs(tiny_base):
    read = Reader(AutoTokenizer.from_pretrained(tiny_base))
    from training.corpora import Example

    soft = np.array([1, 0, 0, 0, 0.5, 0.5, 1, 0, 0, 0, 0, 0, 0, 0, 1], np.float32)
    post = Example("laid off", "x", (1, -1, -1, -1), "en", soft=soft, soft_weight=(1.0, 0.0, 0.0, 0.0))
    ((_, batch),) = make_batches([post], read, batch_tokens=64, rng=None)
    logits = {head: torch.zeros(1, len(classes)) for head, classes in HEADS.items()}
    logits["kind"][0, 0] = 20.0  # as the teacher says, against the label
    assert loss_of(logits, batch, soft=1.0).item() == pytest.approx(0.0, abs=1e-3)
    assert loss_of(logits, batch, soft=0.0).item() > 10


def test_no_posts_make_no_batches(tiny_base):
    assert make_batches([], Reader(AutoTokenizer.from_pretrained(tiny_base)), batch_tokens=64, rng=None) == []


def test_two_equal_passes_do_not_disagree(tiny_base):
    from training.corpora import Example

    read = Reader(AutoTokenizer.from_pretrained(tiny_base))
    ((_, batch),) = make_batches([Example("laid off", "x", (1, -1, 0, -1), "en")], read, batch_tokens=64, rng=None)
    one = {head: torch.randn(1, len(classes)) for head, classes in HEADS.items()}
    other = {head: values + torch.randn(values.shape) for head, values in one.items()}
    assert disagreement(one, one, batch).item() == 0.0
    assert disagreement(one, other, batch).item() > 0
