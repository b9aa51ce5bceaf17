"""The commands that list models, data sets and recipes."""

from __future__ import annotations

import click

from tui.cli import cli_text
from tui.cli.options import json_option


@click.command(help=cli_text.HELP_MODELS)
@json_option
def models(as_json: bool) -> None:
    from tui.cli import json_lists, tables

    (json_lists if as_json else tables).models()


@click.command(help=cli_text.HELP_DATASETS)
@json_option
@click.option("--data-dir", default="", metavar="FOLDER", help=cli_text.HELP_DATA_DIR)
def datasets(as_json: bool, data_dir: str) -> None:
    from tui.cli import json_lists, tables

    (json_lists if as_json else tables).datasets(data_dir)


@click.command(help=cli_text.HELP_RECIPES)
@click.argument("name", default="")
@json_option
@click.option("--arch", "-m", default="resnet18", metavar="NAME", help=cli_text.HELP_ARCH)
@click.option("--data", "-d", default="", metavar="NAME", help=cli_text.HELP_DATA_OF_RECIPE)
@click.option("--pretrained", is_flag=True, help=cli_text.HELP_PRETRAINED)
def recipes(name: str, as_json: bool, arch: str, data: str, pretrained: bool) -> None:
    if not name:
        from tui.cli import json_lists, tables

        (json_lists if as_json else tables).recipes()
        return
    from engine.recipes import presets
    from engine.recipes.recipe_building import SeenImages, build_for_images
    from engine.recipes.recipe_toml import to_toml
    from engine.start.recipe_resolution import seen_images

    seen = seen_images({"preset": name, "data": data}) if data else SeenImages()
    data = data or (cli_text.ANY_FOLDER if name == presets.PHOTO_NAME else "cifar10")
    flags = {"preset": name, "arch": arch, "data": data, "pretrained": pretrained}
    chosen = build_for_images(seen, flags=flags)
    if as_json:
        from tui.cli import json_lists

        json_lists.recipe(chosen)
    else:
        click.echo(to_toml(chosen), nl=False)


COMMANDS = (models, datasets, recipes)
