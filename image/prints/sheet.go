package prints

import (
	"fmt"

	"trunktester/image/paper"
)

// An A4 sheet of eight labels, 99.1 by 67.7 mm, as Avery's L7165 and many like it have them.
const (
	a4Width, a4Height = 210, 297
	sheetColumns      = 2
	sheetRows         = 4
	sheetGap          = 2.5 // between the columns; the rows touch
)

// PlacesOnASheet is how many labels a sheet holds.
const PlacesOnASheet = sheetColumns * sheetRows

// Sheets lays labels out on A4 sheets, along the rows. The first place, from 1, lets a sheet be used that has
// labels missing.
func Sheets(labels []paper.Drawing, place int) ([]paper.Drawing, error) {
	if place < 1 || place > PlacesOnASheet {
		return nil, fmt.Errorf("there is no place %d on a sheet: write 1 to %d", place, PlacesOnASheet)
	}
	const left = (a4Width - sheetColumns*labelWidth - sheetGap) / 2
	const top = (a4Height - sheetRows*labelHeight) / 2
	var sheets []paper.Drawing
	for i, label := range labels {
		at := (place - 1 + i) % PlacesOnASheet
		if i == 0 || at == 0 {
			sheets = append(sheets, paper.Drawing{Width: a4Width, Height: a4Height})
		}
		column, row := at%sheetColumns, at/sheetColumns
		sheets[len(sheets)-1].Place(left+float64(column)*(labelWidth+sheetGap), top+float64(row)*labelHeight, label)
	}
	return sheets, nil
}
