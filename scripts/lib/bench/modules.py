"""The scripts beside this folder that are used here, as modules. Their names have hyphens, so they cannot be imported."""

import importlib.util
import os

LIB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def load(name):
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), os.path.join(LIB, f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compare_trees = load("compare-trees")
sample_folder = load("sample-folder")
report = load("report")
