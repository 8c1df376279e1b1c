package store

// What is kept at most (design section 8).
const (
	kept      = 20       // reports of a site's history
	sites     = 5        // whose histories are kept
	keptBytes = 24 << 20 // of all reports: without a card they lie in memory
)

// nowhere stands for all runs that did not learn where they were: a pulled cable must not crowd out a site.
const nowhere = -1

// surplus picks what to drop, from entries that stand newest first. The newest 20 are kept wherever they were
// made; of the five sites tested last each keeps its own newest 20. What is too large in all goes from the
// site that was tested longest ago, its oldest report first; the newest report of all always stays.
func surplus(entries []Entry) (drop []Entry) {
	var order []int // sites, the one tested last first
	count := map[int]int{}
	at := map[int][]Entry{}
	bytes := 0
	for i, e := range entries {
		site := e.History
		if !e.Site.known() {
			site = nowhere
		}
		if count[site] == 0 {
			order = append(order, site)
		}
		count[site]++
		if i >= kept && (count[site] > kept || site == nowhere || rank(order, site) >= sites) {
			drop = append(drop, e)
			continue
		}
		at[site] = append(at[site], e)
		bytes += e.size
	}
	for i := len(order) - 1; i >= 0 && bytes > keptBytes; i-- {
		least := 0
		if i == 0 {
			least = 1
		}
		for of := at[order[i]]; len(of) > least && bytes > keptBytes; of = of[:len(of)-1] {
			oldest := of[len(of)-1]
			drop = append(drop, oldest)
			bytes -= oldest.size
		}
	}
	return drop
}

// rank is the site's place among the known ones.
func rank(order []int, site int) (n int) {
	for _, s := range order {
		if s == site {
			return n
		}
		if s != nowhere {
			n++
		}
	}
	return n
}
