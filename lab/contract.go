package lab

import "trunktester/appliance/catalogue"

// contract says who must act on a code, written down from the catalogue's specification and never from what the box
// says: the world's author holds the box to it.
func contract(code string) []catalogue.Actor {
	const client, it, isp, pbx, reseller, provider = catalogue.Client, catalogue.IT, catalogue.ISP, catalogue.PBX, catalogue.Reseller, catalogue.Provider
	return map[string][]catalogue.Actor{
		"ok":  {catalogue.Nobody},
		"1-1": {client}, "1-2": {client, it}, "1-3": {client}, "1-4": {it}, "1-5": {it}, "1-6": {it}, "1-7": {client, it}, "1-8": {it}, "1-9": {it},
		"2-1": {client, it, isp}, "2-2": {it}, "2-3": {reseller}, "2-4": {it, isp}, "2-5": {client}, "2-6": {it, provider}, "2-7": {isp}, "2-8": {it, isp}, "2-9": {isp},
		"3-1": {it, isp}, "3-2": {it, isp}, "3-3": {it}, "3-4": {it}, "3-5": {it, isp, provider, pbx}, "3-6": {it}, "3-7": {it, isp}, "3-8": {it}, "3-9": {it},
		"4-1": {reseller}, "4-2": {reseller}, "4-3": {reseller}, "4-4": {reseller, provider}, "4-5": {reseller}, "4-6": {reseller, isp}, "4-7": {provider}, "4-8": {provider, pbx, reseller}, "4-9": {provider, pbx},
		"5-1": {pbx}, "5-2": {it, pbx}, "5-3": {pbx, it}, "5-4": {pbx, reseller}, "5-5": {reseller}, "5-6": {pbx}, "5-7": {pbx, it}, "5-8": {pbx}, "5-9": {pbx, it},
	}[code]
}
