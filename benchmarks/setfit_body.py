"""Tunes a sentence-transformers body by SetFit on the cases and texts of the other baselines of `benchmarks.quality`.

    pip install setfit
    python -m benchmarks.setfit_body FOLDER [--steps 1500]
    python -m benchmarks.quality --setfit FOLDER

SetFit (Tunstall et al., 2022, "Efficient Few-Shot Learning Without Prompts") tunes the encoder on pairs of texts with
and without a label in common, then fits a logistic regression on its vectors. It is no dependency of Leitmotif.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.quality import baseline_material
from leitmotif.encoder import bundled_folder
from leitmotif.settings import Settings
from training.corpus import load_corpus

_BATCH = 32
_SEED = 7


def main() -> None:
    """Tune and save the body."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()
    texts, truth = baseline_material(load_corpus(Settings().data_dir))
    model = SetFitModel.from_pretrained(str(bundled_folder()), multi_target_strategy="one-vs-rest")
    settings = TrainingArguments(
        batch_size=_BATCH, max_steps=arguments.steps, seed=_SEED, report_to="none", save_strategy="no"
    )
    data = Dataset.from_dict({"text": texts, "label": truth.astype(int).tolist()})
    trainer = Trainer(model=model, args=settings, train_dataset=data)
    trainer.train_embeddings(data["text"], data["label"], args=settings)
    model.model_body.save(str(arguments.folder))


if __name__ == "__main__":
    main()
