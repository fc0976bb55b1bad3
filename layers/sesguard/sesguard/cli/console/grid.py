"""The grid of streams: its columns, and the only markup of the console, which is made of numbers alone."""

from __future__ import annotations

from typing import Any, Final

# Each is given a cell's value and uses it as a number or not at all.
_RISK_BAR: Final = """params => {
  if (params.value === null || params.value === undefined) return '?';
  const risk = Number(params.value), wide = Math.max(0, Math.min(1.25, risk)) / 1.25 * 60;
  const kind = risk >= 1 ? 'high' : risk >= 0.5 ? 'mid' : 'low';
  return `<span class="riskbar"><span style="min-width:34px;text-align:right">${risk.toFixed(2)}</span>
    <svg width="60" height="10" aria-hidden="true"><rect class="track" width="60" height="6" y="2" rx="2"/>
    <rect class="${kind}" width="${wide.toFixed(1)}" height="6" y="2" rx="2"/>
    <rect class="mark" x="24" width="1" height="10"/><rect class="mark" x="48" width="1" height="10"/>
    </svg></span>`; }"""
_SPARKLINE: Final = """params => {
  const hours = (params.value || []).map(Number); if (!hours.length) return '';
  const top = Math.max(...hours, 1), step = 88 / (hours.length - 1);
  const points = hours.map((n, i) => `${(i * step).toFixed(1)},${(20 - n / top * 18).toFixed(1)}`).join(' ');
  return `<svg class="spark" width="88" height="22" aria-hidden="true">
    <polyline points="${points}" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>`; }"""
# As sesguard.detection.explain.percent has it.
_PERCENT: Final = """p => { if (p.value === null || p.value === undefined) return '';
  const rate = Number(p.value) * 100; if (!rate) return '0 %';
  const digits = rate >= 1 ? 1 : 1 - Math.floor(Math.log10(rate));
  return String(Number(rate.toFixed(Math.min(20, digits)))) + ' %'; }"""
_COUNT: Final = "p => p.value === null || p.value === undefined ? '' : Number(p.value).toLocaleString('en')"
_BOUNCES_CLASS: Final = "p => ['ag-right-aligned-cell', p.value >= 0.1 ? 'bad' : p.value >= 0.05 ? 'warn' : 'fine']"
_COMPLAINTS_CLASS: Final = (
    "p => ['ag-right-aligned-cell', p.value >= 0.005 ? 'bad' : p.value >= 0.001 ? 'warn' : 'fine']"
)
_STATE_CLASS: Final = "p => 'state-' + String(p.value || '').replace(/[^a-z]/g, '')"
# On a phone, risk is beside the name, and not three columns to the right.
_PHONE: Final = "p => { if (window.innerWidth < 640) p.api.moveColumns(['risk'], 4); }"
# A box that has the focus would swallow the keys of commands.
_LET_GO: Final = "() => { const it = document.activeElement; if (it && it.type === 'checkbox') it.blur(); }"


def columns(*, where: bool) -> list[dict[str, Any]]:
    """The columns, in AG Grid's words; keys with a colon are JavaScript, and constant. where: whether that is shown."""
    number = {"type": "rightAligned"}
    return [
        {"field": "rank", "hide": True, "sort": "asc"},
        {"field": "state", "headerName": "State", "width": 112, ":cellClass": _STATE_CLASS},
        {"field": "stream", "headerName": "Stream", "minWidth": 132, "flex": 2, "tooltipField": "stream"},
        {"field": "where", "headerName": "Account, region", "minWidth": 176, "hide": not where,
         "tooltipField": "where"},
        {"field": "tenant", "headerName": "Tenant", "minWidth": 84, "flex": 1, "tooltipField": "tenant"},
        {"field": "mails", "headerName": "Mails 24 h", "width": 92, ":valueFormatter": _COUNT, **number},
        {"field": "bounces", "headerName": "Bounces", "width": 80, ":valueFormatter": _PERCENT,
         ":cellClass": _BOUNCES_CLASS, **number},
        {"field": "complaints", "headerName": "Complaints", "width": 98, ":valueFormatter": _PERCENT,
         ":cellClass": _COMPLAINTS_CLASS, **number},
        {"field": "risk", "headerName": "Risk", "width": 122, ":cellRenderer": _RISK_BAR},
        {"field": "hours", "headerName": "24 hours", "width": 106, ":cellRenderer": _SPARKLINE, "sortable": False,
         "cellDataType": False},
        {"field": "cause", "headerName": "Cause", "width": 90},
        {"field": "waits", "headerName": "Waits for", "minWidth": 118, "flex": 1, "tooltipField": "waits"},
        {"field": "since", "headerName": "Since", "width": 78},
    ]  # fmt: skip


def options(*, where: bool) -> dict[str, Any]:
    """The grid's options, without rows. where: whether it shows accounts and regions."""
    return {
        "columnDefs": columns(where=where),
        "rowData": [],
        ":getRowId": "params => params.data.id",
        "rowSelection": {"mode": "multiRow", "selectAll": "filtered", "enableClickSelection": False},
        "selectionColumnDef": {"width": 46, "pinned": "left"},
        ":onSelectionChanged": _LET_GO,
        ":onGridReady": _PHONE,
        "suppressMovableColumns": True,
        "rowHeight": 40,
        "headerHeight": 38,
        "defaultColDef": {"sortable": True, "resizable": True},
        "overlayNoRowsTemplate": "No stream.",
        "animateRows": False,
        "ensureDomOrder": True,
    }


MOVE: Final = """(() => {{ const api = getElement({id}).api; const at = api.getFocusedCell();
  const row = Math.max(0, Math.min(api.getDisplayedRowCount() - 1, (at ? at.rowIndex : -1) + {by}));
  api.ensureIndexVisible(row); api.setFocusedCell(row, 'stream'); }})()"""
FOCUSED: Final = """(() => {{ const api = getElement({id}).api; const at = api.getFocusedCell();
  const node = at && api.getDisplayedRowAtIndex(at.rowIndex); return node ? node.data.id : ''; }})()"""
TOGGLE: Final = """(() => {{ const api = getElement({id}).api; const at = api.getFocusedCell();
  const node = at && api.getDisplayedRowAtIndex(at.rowIndex); if (node) node.setSelected(!node.isSelected()); }})()"""
