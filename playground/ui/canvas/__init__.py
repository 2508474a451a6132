"""The canvas: nodes, wires and notes of the network, and every gesture on them. Items paint; `commands` asks for edits."""
