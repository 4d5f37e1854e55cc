"""Train a small model on pulled music, and go on where it was when it is run again: `python train.py music model.pt`.

The model is an autoencoder of waveforms: it says nothing of music, and everything of how to feed one.
"""

import sys
from pathlib import Path

import torch
from torch import nn

from audiera.loading.torch import AudieraDataset, Sample

SAMPLES, EPOCHS = 16_384, 3


def clip(sample: Sample) -> torch.Tensor:
    """Return a stretch of a file in one channel, filled with silence, in the worker that decoded it."""
    sound = sample["audio"].mean(0, keepdim=True)[:, :SAMPLES]
    return nn.functional.pad(sound, (0, SAMPLES - sound.shape[1]))


def train(folder: Path, to: Path) -> None:
    """Train, and write the model down after each epoch."""
    dataset = AudieraDataset(folder, seed=1, batch_size=8, seconds=1, transform=clip)
    model = nn.Sequential(nn.Conv1d(1, 16, 64, stride=32), nn.Tanh(), nn.ConvTranspose1d(16, 1, 64, stride=32))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    if to.exists():
        saved = torch.load(to)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        dataset.load_state_dict(saved["data"])
    while dataset.epoch < EPOCHS:
        for batch in dataset.loader(workers=2):
            loss = nn.functional.mse_loss(model(batch), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        parts = {"model": model, "optimizer": optimizer, "data": dataset}
        torch.save({name: part.state_dict() for name, part in parts.items()}, to)
        print(f"epoch {dataset.epoch}: {loss.item():.5f}")


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]))
