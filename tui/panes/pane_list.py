"""The panes of the dashboard in the order of their numbers. To add a pane, add its class here."""

from __future__ import annotations

from tui.panes.base.pane import Pane
from tui.panes.confusion.confusion_pane import ConfusionPane
from tui.panes.curves.curve_panes import AccuracyPane, LossPane
from tui.panes.layers.layers_pane import LayersPane
from tui.panes.log.log_pane import LogPane
from tui.panes.machine.machine_pane import MachinePane
from tui.panes.maps.maps_pane import MapsPane
from tui.panes.rate.rate_pane import RatePane
from tui.panes.scalars.scalars_pane import ScalarsPane
from tui.panes.suspects.suspects_pane import SuspectsPane

PANES: tuple[type[Pane], ...] = (
    LossPane,
    AccuracyPane,
    RatePane,
    LayersPane,
    ConfusionPane,
    MapsPane,
    MachinePane,
    SuspectsPane,
    ScalarsPane,
    LogPane,
)
