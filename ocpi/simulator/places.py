"""Where the simulated stations stand: real neighbourhoods of Delhi and Bengaluru."""

from typing import NamedTuple


class Place(NamedTuple):
    """One site. kind: its equipment (stations.EQUIPMENT). facilities: OCPI words with blanks between."""

    name: str
    address: str
    postal_code: str
    latitude: str
    longitude: str
    kind: str
    facilities: str = ""


DELHI = (
    Place("Connaught Place", "Inner Circle", "110001", "28.63150", "77.21670", "hub", "METRO_STATION"),
    Place("Khan Market", "Subramania Bharti Marg", "110003", "28.60030", "77.22700", "street", "CAFE"),
    Place("Lajpat Nagar", "Central Market, Feroze Gandhi Road", "110024", "28.56770", "77.24330", "street"),
    Place("Nehru Place", "District Centre, Outer Ring Road", "110019", "28.54910", "77.25330", "office"),
    Place("Hauz Khas", "Aurobindo Marg", "110016", "28.54940", "77.20010", "metro", "METRO_STATION"),
    Place("Saket District Centre", "Press Enclave Marg", "110017", "28.52860", "77.21900", "mall", "MALL"),
    Place("Vasant Kunj", "Nelson Mandela Marg", "110070", "28.54110", "77.15530", "mall", "MALL CAFE"),
    Place("Green Park", "Main Market, Aurobindo Marg", "110016", "28.55840", "77.20290", "metro"),
    Place("Greater Kailash I", "M Block Market", "110048", "28.54820", "77.23800", "street", "RESTAURANT"),
    Place("Defence Colony", "Main Market, Ring Road", "110024", "28.57310", "77.23260", "street"),
    Place("South Extension II", "Ring Road", "110049", "28.56870", "77.22000", "hub", "MALL"),
    Place("Okhla Phase I", "Maa Anandmayee Marg", "110020", "28.52730", "77.27700", "depot"),
    Place("Jasola District Centre", "Mathura Road", "110025", "28.53800", "77.29200", "office", "HOTEL"),
    Place("Dwarka Sector 21", "Metro Station Parking", "110077", "28.55230", "77.05820", "metro", "WIFI"),
    Place("Dwarka Sector 10", "Main Market", "110075", "28.58100", "77.05740", "street", "SUPERMARKET"),
    Place("Janakpuri", "District Centre, Najafgarh Road", "110058", "28.62190", "77.08780", "hub"),
    Place("Rajouri Garden", "Main Market, Ring Road", "110027", "28.64900", "77.12200", "mall", "MALL"),
    Place("Karol Bagh", "Ajmal Khan Road", "110005", "28.65140", "77.19070", "street", "METRO_STATION"),
    Place("Pitampura", "Netaji Subhash Marg", "110034", "28.69900", "77.13840", "hub", "SPORT"),
    Place("Rohini West", "Sector 10, Bhagwan Mahavir Marg", "110085", "28.71490", "77.11460", "metro"),
    Place("Netaji Subhash Place", "Ring Road, Shalimar Bagh", "110034", "28.69600", "77.15260", "office"),
    Place("Model Town", "Mall Road", "110009", "28.70260", "77.19380", "street", "RECREATION_AREA"),
    Place("Civil Lines", "Shamnath Marg", "110054", "28.67690", "77.22500", "street"),
    Place("Kashmere Gate", "ISBT, Lothian Road", "110006", "28.66750", "77.22820", "highway", "BUS_STOP"),
    Place("Mayur Vihar Phase I", "Dallupura Road", "110091", "28.60420", "77.28930", "metro"),
    Place("Laxmi Nagar", "Vikas Marg", "110092", "28.63070", "77.27750", "street", "METRO_STATION"),
    Place("Preet Vihar", "Vikas Marg", "110092", "28.64140", "77.29500", "street"),
    Place("Anand Vihar", "Railway Terminal", "110092", "28.64690", "77.31600", "highway", "TRAIN_STATION"),
    Place("Aerocity", "Asset Area 12", "110037", "28.54880", "77.12070", "highway", "AIRPORT"),
    Place("Chanakyapuri", "Shanti Path", "110021", "28.59460", "77.18870", "fleet"),
)

BENGALURU = (
    Place("MG Road", "Mahatma Gandhi Road", "560001", "12.97560", "77.60660", "hub", "METRO_STATION"),
    Place("Indiranagar", "100 Feet Road", "560038", "12.97190", "77.64120", "street", "CAFE RESTAURANT"),
    Place("Koramangala", "80 Feet Road, 4th Block", "560034", "12.93520", "77.62450", "hub", "MALL"),
    Place("HSR Layout", "27th Main Road, Sector 1", "560102", "12.91160", "77.63890", "street"),
    Place("Whitefield", "ITPL Main Road", "560066", "12.96980", "77.75000", "office", "HOTEL"),
    Place("Marathahalli", "Outer Ring Road", "560037", "12.95690", "77.70110", "highway", "FUEL_STATION"),
    Place("Bellandur", "Outer Ring Road, Green Glen", "560103", "12.93040", "77.67840", "office"),
    Place("Electronic City", "Phase 1, Hosur Road", "560100", "12.84520", "77.66020", "highway", "HOTEL"),
    Place("Jayanagar", "4th Block, 11th Main Road", "560011", "12.92990", "77.58260", "street"),
    Place("JP Nagar", "24th Main Road, 6th Phase", "560078", "12.90630", "77.58570", "street"),
    Place("BTM Layout", "16th Main Road, 2nd Stage", "560076", "12.91660", "77.61010", "metro"),
    Place("Arekere", "Bannerghatta Road", "560076", "12.88870", "77.59700", "mall", "MALL"),
    Place("Banashankari", "Outer Ring Road, 2nd Stage", "560070", "12.92550", "77.54680", "metro"),
    Place("Basavanagudi", "Bull Temple Road", "560004", "12.94210", "77.57540", "street", "MUSEUM"),
    Place("Malleshwaram", "Sampige Road", "560003", "13.00310", "77.56430", "mall", "MALL"),
    Place("Rajajinagar", "Dr Rajkumar Road", "560010", "12.99150", "77.55450", "mall", "MALL HOTEL"),
    Place("Yeshwanthpur", "Tumkur Road", "560022", "13.02210", "77.55000", "highway", "TRAIN_STATION"),
    Place("Hebbal", "Bellary Road Flyover", "560024", "13.03580", "77.59700", "highway", "FUEL_STATION"),
    Place("Yelahanka", "Doddaballapur Road", "560064", "13.10070", "77.59630", "hub"),
    Place("RT Nagar", "80 Feet Road", "560032", "13.02470", "77.59480", "street"),
    Place("Sadashivanagar", "Sankey Road", "560080", "13.00680", "77.58130", "street", "RECREATION_AREA"),
    Place("Frazer Town", "Mosque Road", "560005", "12.99880", "77.61260", "street", "RESTAURANT"),
    Place("Shivajinagar", "Infantry Road", "560001", "12.98570", "77.60570", "metro", "BUS_STOP"),
    Place("Ulsoor", "Kensington Road", "560008", "12.98170", "77.62900", "street", "NATURE"),
    Place("Domlur", "Intermediate Ring Road", "560071", "12.96100", "77.63870", "office"),
    Place("CV Raman Nagar", "Bagmane Tech Park Road", "560093", "12.98550", "77.66390", "office"),
    Place("KR Puram", "Old Madras Road", "560036", "13.00770", "77.69500", "highway", "TRAIN_STATION"),
    Place("Kalyan Nagar", "Outer Ring Road, HRBR Layout", "560043", "13.02800", "77.63990", "hub"),
    Place("Sarjapur Road", "Kaikondrahalli", "560035", "12.91070", "77.68740", "depot"),
    Place("Kempegowda Airport", "P4, Devanahalli", "560300", "13.19860", "77.70660", "highway", "AIRPORT"),
)
